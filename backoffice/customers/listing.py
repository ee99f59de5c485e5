"""Data of the customer pages: the list, and each customer's documents in the books."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse

from accounting.models import BatchItem, FollowUp
from accounting.unbatched.rows import unbatched_payments
from backoffice.book_status import BookStatus, credit_memo_items, uses_of
from invoices.models import CreditMemo, Customer, Invoice
from payments.balances import balances_of
from payments.models import Payment, Refund
from sera_batching.filters import ChoiceFilter, FilterForm, SearchFilter
from sera_batching.models import AuditEvent, Company
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

SORTS: Final[Mapping[str, Any]] = {
    "name": Lower("name"),
    "number": Lower("number"),
    "key": Lower("accounting_key"),
    "created": F("created_at"),
}
"""Name of a column in the URL → the column."""
DOCUMENTS: Final[Mapping[str, str]] = {
    "invoices": "Invoices",
    "payments": "Payments",
    "refunds": "Refunds",
    "credit-memos": "Credit memos",
}
"""Name of a customer's documents in the URL → their label."""
CSV_HEADER: Final = ("Number", "Name", "In QuickBooks", "E-mail", "City", "State", "Balance")
CHUNK: Final = 500
EVENTS_SHOWN: Final = 50


class CustomerFilterForm(FilterForm):
    """The filters of the list; what it understands are arguments of `list_customers`."""

    text = SearchFilter(hint="Number, name, key, e-mail")
    state = ChoiceFilter("Show", [("merged", "Merged into others")], blank="Customers")


def list_customers(
    *, text: str = "", state: str = "", sort: str = "name", is_descending: bool = False
) -> QuerySet[Customer]:
    """Return customers by a part of number, name, accounting key or e-mail address.

    Those that were merged into others are left out, unless `state` is "merged".
    """
    found = Customer.objects.select_related("merged_into")
    found = found.filter(merged_into__isnull=state != "merged")
    if text:
        found = found.filter(
            Q(number__icontains=text)
            | Q(name__icontains=text)
            | Q(accounting_key__icontains=text)
            | Q(email__icontains=text)
        )
    column = SORTS[sort]
    return found.order_by(column.desc() if is_descending else column.asc(), "pk")


def customer_lines(customers: QuerySet[Customer]) -> Iterator[str]:
    """Yield the list as the lines of a CSV file, in bounded memory."""
    return csv_lines(CSV_HEADER, _rows(customers))


def _rows(customers: QuerySet[Customer]) -> Iterator[Sequence[str]]:
    chunk: list[Customer] = []
    for customer in customers.iterator(chunk_size=CHUNK):
        chunk.append(customer)
        if len(chunk) == CHUNK:
            yield from _rows_of(chunk)
            chunk = []
    yield from _rows_of(chunk)


def _rows_of(customers: list[Customer]) -> Iterator[Sequence[str]]:
    balances = balances_of(customers)
    for customer in customers:
        texts = (
            customer.number,
            customer.name,
            customer.accounting_key,
            customer.email,
            customer.billing_city,
            customer.billing_state,
        )
        yield (*map(safe_text, texts), cents_text(balances[customer.pk]))


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One document of a customer; amount in cents."""

    number: str
    url: str
    date: date | None
    state: str
    amount_cents: int | None
    books: BookStatus


def documents_of(customer: Customer, kind: str) -> QuerySet[Any]:
    """Return the documents of one kind of the customer and those merged into it, newest first."""
    family = Customer.objects.of_one(customer)
    sources: dict[str, QuerySet[Any]] = {
        "invoices": Invoice.objects.filter(customer__in=family).select_related(
            "current_revision", "draft"
        ),
        "payments": Payment.objects.filter(customer__in=family).select_related("current_revision"),
        "refunds": Refund.objects.filter(payment__customer__in=family),
        "credit-memos": CreditMemo.objects.filter(invoice__customer__in=family).select_related(
            "invoice__current_revision"
        ),
    }
    return sources[kind].order_by("-pk")


def count_documents(customer: Customer) -> dict[str, int]:
    """Return how many documents of each kind there are; four statements."""
    return {kind: documents_of(customer, kind).count() for kind in DOCUMENTS}


def lines_of_documents(kind: str, documents: Sequence[Any]) -> list[DocumentLine]:
    """Return documents of one kind as the page shows them; two statements at most."""
    makers: dict[str, Callable[[Sequence[Any]], list[DocumentLine]]] = {
        "invoices": _invoice_lines,
        "payments": _payment_lines,
        "refunds": _refund_lines,
        "credit-memos": _credit_memo_lines,
    }
    return makers[kind](documents)


def _invoice_lines(invoices: Sequence[Invoice]) -> list[DocumentLine]:
    sent = _newest_items("invoice", invoices)
    lines = []
    for invoice in invoices:
        item, frozen = sent.get(invoice.pk), invoice.current_revision
        content = frozen or getattr(invoice, "draft", None)
        is_changed = bool(item and frozen and item.fingerprint != frozen.fingerprint)
        lines.append(
            DocumentLine(
                number=invoice.number,
                url=reverse("invoices:detail", args=[invoice.pk]),
                date=content.date if content else None,
                state=invoice.get_status_display(),
                amount_cents=content.total_cents if content else None,
                books=BookStatus([], item, is_changed, []),
            )
        )
    return lines


def _payment_lines(payments: Sequence[Payment]) -> list[DocumentLine]:
    sent = _newest_items("payment", payments)
    profile = Company.current().profile
    changed = set(
        unbatched_payments(profile)
        .filter(pk__in=[payment.pk for payment in payments])
        .values_list("pk", flat=True)
    )
    return [
        DocumentLine(
            number=payment.number,
            url=reverse("payments:detail", args=[payment.pk]),
            date=payment.current_revision.date if payment.current_revision else None,
            state=payment.get_state_display(),
            amount_cents=payment.current_revision.amount_cents
            if payment.current_revision
            else None,
            books=BookStatus(
                [], sent.get(payment.pk), payment.pk in sent and payment.pk in changed, []
            ),
        )
        for payment in payments
    ]


def _refund_lines(refunds: Sequence[Refund]) -> list[DocumentLine]:
    uses = uses_of(refunds)
    return [
        DocumentLine(
            number=refund.number,
            url=reverse("payments:refund", args=[refund.pk]),
            date=refund.date,
            state=uses[refund.pk].get_use_display() if refund.pk in uses else "",
            amount_cents=refund.amount_cents,
            books=BookStatus([], uses[refund.pk].item if refund.pk in uses else None, False, []),
        )
        for refund in refunds
    ]


def _credit_memo_lines(memos: Sequence[CreditMemo]) -> list[DocumentLine]:
    items = credit_memo_items(list(memos))
    return [
        DocumentLine(
            number=memo.number,
            url=reverse("invoices:credit_memo", args=[memo.pk]),
            date=memo.date,
            state=f"Restates invoice {memo.invoice.number}",
            amount_cents=items[memo.pk].amount_cents if memo.pk in items else None,
            books=BookStatus([], items.get(memo.pk), False, []),
        )
        for memo in memos
    ]


def _newest_items(document: str, documents: Iterable[Model]) -> dict[int, BatchItem]:
    items = (
        BatchItem.objects.newest()
        .filter(**{f"{document}__in": [one.pk for one in documents]})
        .select_related("batch")
    )
    return {getattr(item, f"{document}_id"): item for item in items}


def sent_under(customer: Customer) -> QuerySet[BatchItem]:
    """Return what live batches sent of this customer, which a merge would affect in QuickBooks."""
    family = Customer.objects.of_one(customer)
    return (
        BatchItem.objects.newest()
        .filter(customer__in=family)
        .select_related("batch", "party")
        .order_by("-batch_id", "kind", "position")
    )


def follow_ups_about(customer: Customer) -> QuerySet[FollowUp]:
    """Return what is to be fixed in QuickBooks about the customer and what was merged into it."""
    return FollowUp.objects.filter(customer__in=Customer.objects.of_one(customer)).for_list()


def events_about(customer: Customer) -> list[AuditEvent]:
    """Return the newest events of the customer and of those merged into it."""
    ids = Customer.objects.of_one(customer).values_list("pk", flat=True)
    events = AuditEvent.objects.filter(
        target_type="invoices.customer", target_id__in=[str(pk) for pk in ids]
    )
    return list(events.order_by("-pk")[:EVENTS_SHOWN])
