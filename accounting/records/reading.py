"""Reads batch items as records for the exporters: streamed, one statement per file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from accounting.models import Batch, BatchItem, Kind, RefundUse
from accounting.records.documents import (
    Address,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    Line,
    Party,
    PaymentRecord,
    PaymentRowRecord,
)
from payments.models import Allocation

CHUNK: Final = 2000

_PARTY: Final = tuple(
    f"party__{name}"
    for name in (
        "accounting_key",
        "name",
        "email",
        "billing_line1",
        "billing_line2",
        "billing_city",
        "billing_state",
        "billing_postal_code",
        "billing_country",
        "has_service_address",
        "service_line1",
        "service_line2",
        "service_city",
        "service_state",
        "service_postal_code",
        "service_country",
    )
)
_REVISION: Final = tuple(
    f"invoice_revision__{name}"
    for name in (
        "invoice__number",
        "date",
        "due_date",
        "terms",
        "memo",
        "message",
        "tax_name",
        "tax_rate",
        "tax_cents",
        "subtotal_cents",
        "total_cents",
    )
)
_LINE: Final = tuple(
    f"invoice_revision__lines__{name}"
    for name in (
        "item",
        "description",
        "quantity",
        "rate",
        "amount_cents",
        "is_taxable",
        "class_name",
        "service_date",
    )
)
_PAYMENT: Final = tuple(
    f"payment_revision__{name}"
    for name in ("date", "method", "reference", "memo", "amount_cents", "is_imported")
)
_FIRST_OF_PARTY: Final = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Positions of documents in their file, from 1, inclusive; None means to the end."""

    first: int = 1
    last: int | None = None


EVERYTHING: Final = Span()


def _items(batch: Batch, kind: str, span: Span) -> QuerySet[BatchItem]:
    items = BatchItem.objects.filter(batch=batch, kind=kind, position__gte=span.first)
    return items if span.last is None else items.filter(position__lte=span.last)


def _party(values: tuple[Any, ...]) -> Party:
    return Party(
        accounting_key=values[0],
        name=values[1],
        email=values[2],
        billing=Address(*values[3:9]),
        shipping=Address(*values[10:16]) if values[9] else None,
    )


def invoice_records(
    batch: Batch, kind: str, span: Span = EVERYTHING
) -> Iterator[InvoiceRecord | CreditMemoRecord]:
    """Yield the invoices of file 1 or 2, or the credit memos of file 6, in file order."""
    rows = (
        _items(batch, kind, span)
        .order_by("position", "invoice_revision__lines__position")
        .values_list("position", "number", "date", "department_name", *_PARTY, *_REVISION, *_LINE)
        .iterator(chunk_size=CHUNK)
    )
    first_of_revision = _FIRST_OF_PARTY + len(_PARTY)
    first_of_line = first_of_revision + len(_REVISION)
    for _, group in groupby(rows, key=itemgetter(0)):
        lines = list(group)
        head = lines[0]
        revision = head[first_of_revision:first_of_line]
        number, date, due_date, terms, memo, message, tax_name, tax_rate, tax, subtotal, total = (
            revision
        )
        record = InvoiceRecord(
            number=number,
            party=_party(head[_FIRST_OF_PARTY:first_of_revision]),
            date=date,
            due_date=due_date,
            terms=terms,
            department=head[3],
            memo=memo,
            message=message,
            tax_name=tax_name,
            tax_rate=tax_rate,
            tax_cents=tax,
            subtotal_cents=subtotal,
            total_cents=total,
            lines=tuple(
                Line(*line[first_of_line:]) for line in lines if line[first_of_line] is not None
            ),
        )
        if kind == Kind.CREDIT_MEMO:
            yield CreditMemoRecord(number=head[1], date=head[2], invoice=record)
        else:
            yield record


def payment_records(batch: Batch, kind: str, span: Span = EVERYTHING) -> Iterator[PaymentRecord]:
    """Yield the payments of file 3 or 4 in file order, with their rows and netted refunds."""
    netted = _netted(batch, kind)
    rows = (
        _items(batch, kind, span)
        .order_by("position", "payment_rows__position")
        .values_list(
            "position",
            "pk",
            "number",
            "date",
            *_PARTY,
            *_PAYMENT,
            "payment_rows__invoice__number",
            "payment_rows__amount_cents",
        )
        .iterator(chunk_size=CHUNK)
    )
    first_of_payment = _FIRST_OF_PARTY + len(_PARTY)
    for _, group in groupby(rows, key=itemgetter(0)):
        parts = list(group)
        head = parts[0]
        date, method, reference, memo, gross, is_imported = head[first_of_payment:-2]
        yield PaymentRecord(
            number=head[2],
            party=_party(head[_FIRST_OF_PARTY:first_of_payment]),
            date=date,
            method=method,
            reference=reference,
            memo=memo,
            gross_cents=gross,
            rows=tuple(PaymentRowRecord(part[-2] or "", part[-1]) for part in parts),
            netted=netted.get(head[1], ()),
            is_imported=is_imported,
        )


def _netted(batch: Batch, kind: str) -> dict[int, tuple[tuple[str, int], ...]]:
    """Return item id → (refund number, cents) of what was netted in it, or restated."""
    uses = (
        RefundUse.objects.filter(item__batch=batch, item__kind=kind)
        .order_by("item_id", "refund__date", "refund__number")
        .values_list("item_id", "refund__number", "amount_cents")
    )
    return {
        item_id: tuple((number, cents) for _, number, cents in group)
        for item_id, group in groupby(uses.iterator(chunk_size=CHUNK), key=itemgetter(0))
    }


def journal_records(batch: Batch, span: Span = EVERYTHING) -> Iterator[JournalRecord]:
    """Yield the refunds of file 5 in file order."""
    named = Allocation.objects.filter(invoice_revision__isnull=False).select_related("invoice")
    items = (
        _items(batch, Kind.JOURNAL, span)
        .order_by("position")
        .select_related("party", "refund__payment", "payment_revision")
        .prefetch_related(Prefetch("payment_revision__allocations", queryset=named))
    )
    for item in items.iterator(chunk_size=CHUNK):
        refund, revision, party = item.refund, item.payment_revision, item.party
        assert refund is not None  # noqa: S101 - a constraint of the table
        assert revision is not None  # noqa: S101
        yield JournalRecord(
            number=item.number,
            party=_party(tuple(getattr(party, name.removeprefix("party__")) for name in _PARTY)),
            date=item.date,
            amount_cents=item.amount_cents,
            method=refund.method,
            memo=refund.memo,
            payment_number=refund.payment.number,
            invoice_numbers=tuple(part.invoice.number for part in revision.allocations.all()),
            department=item.department_name,
            class_name=item.class_name,
        )
