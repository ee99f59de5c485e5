"""Runs the checks of a single document when it is frozen, and stores what they find.

Both profiles are checked, so that changing the profile does not mean checking everything again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final, TypeVar

from django.db.models import Model, prefetch_related_objects

from accounting.checks import table
from accounting.models import Finding
from accounting.records.documents import (
    NO_PARTY,
    PROFILES,
    Address,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    Line,
    Party,
    PaymentRecord,
    PaymentRowRecord,
)
from invoices.models import CreditMemo, Customer, InvoiceLine, InvoiceRevision
from invoices.services.values import InvoiceValues, LineValues, values_of
from payments.models import Allocation, Payment, PaymentRevision, Refund
from payments.rows import rows_before_netting

Target = TypeVar("Target", bound=Model)

_PREFETCHED: Final = 500
_NOTHING: Final = InvoiceRecord(
    number="",
    party=NO_PARTY,
    date=date.min,
    due_date=None,
    terms="",
    department="",
    memo="",
    message="",
    tax_name="",
    tax_rate=None,
    tax_cents=0,
    subtotal_cents=0,
    total_cents=0,
    lines=(),
)


def check_invoices(revisions: Sequence[InvoiceRevision], contents: Sequence[InvoiceValues]) -> None:
    """Store what is wrong with invoices just frozen, given their content; one statement."""
    records = [
        (revision, content_record(revision, revision.invoice.number, content.lines))
        for revision, content in zip(revisions, contents, strict=True)
    ]
    _keep("invoice_revision", records, table.check_invoice)


def check_stored_invoices(revisions: Sequence[InvoiceRevision]) -> None:
    """Store what is wrong with invoices frozen earlier, reading their content back."""
    # A few at a time: SQLite takes fewer than a thousand parameters per statement.
    for start in range(0, len(revisions), _PREFETCHED):
        some = revisions[start : start + _PREFETCHED]
        prefetch_related_objects(some, "invoice", "job", "department", "lines")
        check_invoices(some, [values_of(revision) for revision in some])


def check_payments(revisions: Sequence[PaymentRevision]) -> None:
    """Store what is wrong with payments just frozen, before netting and capping."""
    numbers = dict(
        Payment.objects.filter(pk__in=[revision.payment_id for revision in revisions]).values_list(
            "pk", "number"
        )
    )
    allocations: dict[int, list[tuple[int, bool, int]]] = defaultdict(list)
    for values in (
        Allocation.objects.filter(revision__in=revisions)
        .order_by("position")
        .values_list("revision_id", "invoice_id", "invoice_revision_id", "amount_cents")
    ):
        revision_id, invoice_id, invoice_revision_id, cents = values
        allocations[revision_id].append((invoice_id, invoice_revision_id is not None, cents))
    records = [
        (revision, _payment_record(revision, numbers[revision.payment_id], allocations))
        for revision in revisions
        if revision.amount_cents > 0
    ]
    _keep("payment_revision", records, table.check_payment)


def check_refund(refund: Refund) -> None:
    """Store what is wrong with a refund just recorded."""
    record = JournalRecord(
        number=refund.number,
        party=NO_PARTY,
        date=refund.date,
        amount_cents=refund.amount_cents,
        method=refund.method,
        memo=refund.memo,
        payment_number=refund.payment.number,
    )
    _keep("refund", [(refund, record)], table.check_refund)


def check_credit_memo(credit_memo: CreditMemo) -> None:
    """Store what is wrong with a credit memo just recorded, apart from what it restates.

    It restates the revision last sent (domain.md §2): `item_warnings` looks at that one.
    """
    record = CreditMemoRecord(number=credit_memo.number, date=credit_memo.date, invoice=_NOTHING)
    _keep("credit_memo", [(credit_memo, record)], table.check_credit_memo)


def check_customers(customers: Sequence[Customer]) -> None:
    """Replace what was wrong with customers by what is wrong now."""
    Finding.objects.filter(customer__in=customers).delete()
    records = [(customer, party_record(customer)) for customer in customers]
    _keep("customer", records, table.check_customer)


def _keep(
    target: str,
    records: Iterable[tuple[Target, object]],
    check: Callable[..., list[table.CheckResult]],
) -> None:
    found = list(_findings(target, records, check))
    if found:
        Finding.objects.bulk_create(found)


def _findings(
    target: str,
    records: Iterable[tuple[Target, object]],
    check: Callable[..., list[table.CheckResult]],
) -> Iterator[Finding]:
    for document, record in records:
        for profile in PROFILES:
            for found in check(record, profile):
                yield Finding(
                    profile=profile,
                    severity=found.severity,
                    check_code=found.check,
                    problem=found.problem,
                    remedy=found.remedy,
                    is_restated=found.is_restated,
                    **{target: document},
                )


def content_record(
    revision: InvoiceRevision, number: str, lines: Iterable[InvoiceLine | LineValues]
) -> InvoiceRecord:
    """Return the content of a frozen revision, without its customer."""
    return InvoiceRecord(
        number=number,
        party=NO_PARTY,
        date=revision.date,
        due_date=revision.due_date,
        terms=revision.terms,
        department="",
        memo=revision.memo,
        message=revision.message,
        tax_name=revision.tax_name,
        tax_rate=revision.tax_rate,
        tax_cents=revision.tax_cents,
        subtotal_cents=revision.subtotal_cents,
        total_cents=revision.total_cents,
        lines=tuple(
            Line(
                item=line.item,
                description=line.description,
                quantity=line.quantity,
                rate=line.rate,
                amount_cents=line.amount_cents,
                is_taxable=line.is_taxable,
                class_name=line.class_name,
                service_date=line.service_date,
            )
            for line in lines
        ),
    )


def _payment_record(
    revision: PaymentRevision, number: str, allocations: dict[int, list[tuple[int, bool, int]]]
) -> PaymentRecord:
    rows = rows_before_netting(allocations[revision.pk], revision.amount_cents)
    return PaymentRecord(
        number=number,
        party=NO_PARTY,
        date=revision.date,
        method=revision.method,
        reference=revision.reference,
        memo=revision.memo,
        gross_cents=revision.amount_cents,
        # The invoice's key serves as its number: the checks only compare rows.
        rows=tuple(
            PaymentRowRecord(
                "" if row.invoice_id is None else str(row.invoice_id), row.amount_cents
            )
            for row in rows
        ),
        is_imported=revision.is_imported,
    )


def party_record(customer: Customer) -> Party:
    """Return the customer as of now; without a shipping address if there is none."""
    return Party(
        accounting_key=customer.accounting_key,
        name=customer.name,
        email=customer.email,
        billing=Address(
            customer.billing_line1,
            customer.billing_line2,
            customer.billing_city,
            customer.billing_state,
            customer.billing_postal_code,
            customer.billing_country,
        ),
        shipping=Address(
            customer.service_line1,
            customer.service_line2,
            customer.service_city,
            customer.service_state,
            customer.service_postal_code,
            customer.service_country,
        )
        if customer.has_service_address
        else None,
    )
