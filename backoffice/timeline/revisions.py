"""Every frozen form of a document, with what it changed."""

from itertools import pairwise
from typing import Any

from backoffice.timeline.entries import Entry, Topic, first_rows, link_to_invoice
from invoices.differences import Difference, invoice_differences
from invoices.models import Invoice, InvoiceRevision
from payments.differences import payment_differences
from payments.models import Payment, PaymentRevision
from sera_batching.models import User

_DAYS = {"Date", "Due date"}


def invoice_revisions(invoice: Invoice, newest: int | None) -> list[Entry]:
    """Return an entry for each approval, newest first; two statements."""
    found = (
        InvoiceRevision.objects.filter(invoice=invoice)
        .select_related("job", "department", "frozen_by")
        .prefetch_related("lines")
        .order_by("-sequence")
    )
    # Two extra rows: the oldest has no predecessor to compare with.
    revisions: list[InvoiceRevision | None] = first_rows(found, newest, spare=2)
    return [
        _invoice_entry(new, old) for new, old in pairwise([*revisions, None]) if new is not None
    ]


def _invoice_entry(new: InvoiceRevision, old: InvoiceRevision | None) -> Entry:
    differences = invoice_differences(old, new) if old else []
    labels = {difference.label for difference in differences}
    if new.sequence == 1:
        what = "Approved"
    elif not labels:
        what = "Approved again, unchanged"
    elif labels <= _DAYS:
        what = "Date changed"
    else:
        what = "Changed and approved again"
    return _entry(new, what, new.total_cents, differences=differences)


def payment_revisions(payment: Payment, reader: User, newest: int | None) -> list[Entry]:
    """Return an entry for each form of the payment, newest first; three statements."""
    found = (
        PaymentRevision.objects.filter(payment=payment)
        .select_related("job", "frozen_by")
        .prefetch_related("allocations__invoice", "allocations__invoice_revision")
        .order_by("-sequence")
    )
    revisions: list[PaymentRevision | None] = first_rows(found, newest, spare=2)
    return [
        _payment_entry(new, old, reader)
        for new, old in pairwise([*revisions, None])
        if new is not None
    ]


def _payment_entry(new: PaymentRevision, old: PaymentRevision | None, reader: User) -> Entry:
    allocations = list(new.allocations.all())
    links = [link_to_invoice(one.invoice.number, one.invoice_id, reader) for one in allocations]
    if new.sequence == 1:
        what = "Taken" if allocations else "Taken as a deposit"
        return _entry(new, what, new.amount_cents, links=links)
    differences = payment_differences(old, new) if old else []
    what = _payment_act(new, old, differences) if old else "Changed"
    return _entry(new, what, new.amount_cents, differences=differences, links=links)


def _payment_act(new: PaymentRevision, old: PaymentRevision, differences: list[Difference]) -> str:
    """Name what made this revision; only a change of an invoice or job leaves all facts equal."""
    if _parts(new) == _parts(old) and _facts(new) == _facts(old):
        return "Updated"
    if all(one.label.startswith("For invoice ") for one in differences):
        return "Reallocated"
    return "Changed"


def _facts(revision: PaymentRevision) -> tuple[Any, ...]:
    return (
        revision.job_id,
        revision.date,
        revision.method,
        revision.reference,
        revision.memo,
        revision.amount_cents,
    )


def _parts(revision: PaymentRevision) -> list[tuple[int, int]]:
    return [(one.invoice_id, one.amount_cents) for one in revision.allocations.all()]


def _entry(
    revision: InvoiceRevision | PaymentRevision, what: str, cents: int, **more: Any
) -> Entry:
    return Entry(
        at=revision.frozen_at,
        topic=Topic.CONTENT,
        what=f"{what}: revision {revision.sequence}",
        who=revision.frozen_by.get_username(),
        source=revision.source,
        why=revision.reason,
        amount_cents=cents,
        **more,
    )
