"""Creating invoices and changing what they say (domain.md §7; feed.md, Records)."""

import datetime

from invoices.fingerprints import invoice_content, invoice_fingerprint
from invoices.models import CreditMemo, Customer, Invoice, InvoiceRevision
from invoices.services.freezing import (
    delete_draft,
    draft_values,
    freeze,
    lock_invoice,
    lock_job_of,
    require_job_of_customer,
    write_draft,
)
from invoices.services.lifecycle import (
    cancel_invoice,
    hold_invoice,
    require_open_to_change,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.survivors import surviving
from invoices.services.values import (
    InvoiceValues,
    LineValues,
    checked_values,
    dated,
    values_of,
)
from invoices.signals import credit_memo_recorded
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person, require_reason
from sera_batching.exceptions import Refused
from sera_batching.numbers import require_new_number
from sera_batching.origin import Origin

__all__ = [
    "InvoiceValues",
    "LineValues",
    "approve_invoice",
    "cancel_invoice",
    "change_date",
    "change_invoice",
    "create_invoice",
    "edit_draft",
    "hold_invoice",
    "record_credit_memo",
    "resume_invoice",
    "unlock_invoice",
    "values_of",
    "void_invoice",
]


@retry_when_given_up
def create_invoice(
    *,
    number: str,
    customer: Customer,
    values: InvoiceValues,
    origin: Origin,
    fed_digest: str = "",
) -> Invoice:
    """Create a pending invoice with these values as its draft (domain.md §7).

    For a merged customer the invoice goes to the survivor.

    Raises Refused for a number in use (case ignored), another customer's or an imported job, a
    negative total, and text or numbers that no workbook can carry.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        require_new_number(number, among=Invoice.objects.all())
        values = checked_values(values)
        require_job_of_customer(lock_job_of(values), customer=customer)
        invoice = Invoice.objects.create(
            number=number, customer=surviving(customer), fed_digest=fed_digest
        )
        write_draft(invoice, values)
        record_by_person(
            origin=origin,
            action="invoice.created",
            target=invoice,
            after=invoice_content(values),
        )
    return invoice


@retry_when_given_up
def edit_draft(
    *, invoice: Invoice, values: InvoiceValues, origin: Origin, fed_digest: str = ""
) -> Invoice:
    """Change what a pending or unlocked invoice will say once approved (domain.md §2).

    Raises Refused unless the invoice is pending, and for values that create_invoice refuses.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        job = lock_job_of(values)
        lock_invoice(invoice)
        require_open_to_change(invoice)
        if invoice.status != Invoice.Status.PENDING:
            raise Refused(f"Invoice {invoice.number} is finalized: unlock it before editing it.")
        before = draft_values(invoice)
        values = checked_values(values)
        require_job_of_customer(job, customer=invoice.customer)
        if invoice_fingerprint(values) != invoice_fingerprint(before):
            delete_draft(invoice)
            write_draft(invoice, values)
            record_by_person(
                origin=origin,
                action="invoice.draft_edited",
                target=invoice,
                before=invoice_content(before),
                after=invoice_content(values),
            )
        _remember_fed(invoice, fed_digest)
    return invoice


@retry_when_given_up
def approve_invoice(
    *,
    invoice: Invoice,
    reason: str,
    origin: Origin,
    approval_date: datetime.date | None = None,
    fed_digest: str = "",
) -> InvoiceRevision:
    """Freeze the draft as the next revision: the invoice is finalized (domain.md §7).

    `approval_date` (company time zone) becomes the invoice's date, the due date moving along; None
    keeps the draft's date. Approving a finalized invoice returns its revision and changes nothing.
    Raises Refused for a void or cancelled invoice, and for one without lines.
    """
    with document_action(origin=origin, permission="invoices.approve_invoice"):
        lock_invoice(invoice)
        require_open_to_change(invoice)
        if invoice.status == Invoice.Status.FINALIZED and invoice.current_revision is not None:
            return invoice.current_revision
        reason = require_reason(reason, origin=origin)
        values = draft_values(invoice)
        if approval_date is not None:
            values = dated(values, approval_date)
        revision = freeze([(invoice, values)], reason=reason, origin=origin)[0]
        delete_draft(invoice)
        _remember_fed(invoice, fed_digest)
        record_by_person(
            origin=origin,
            action="invoice.approved",
            target=invoice,
            before={"status": Invoice.Status.PENDING.value},
            after={
                "status": Invoice.Status.FINALIZED.value,
                "revision": revision.sequence,
                "date": revision.date.isoformat(),
                "total_cents": revision.total_cents,
            },
            note=reason,
        )
    return revision


@retry_when_given_up
def change_invoice(
    *,
    invoice: Invoice,
    values: InvoiceValues,
    reason: str,
    origin: Origin,
    fed_digest: str = "",
) -> InvoiceRevision:
    """Edit a finalized invoice and approve it again in one step (feed.md).

    Values equal to its current revision freeze nothing. Raises Refused unless it is finalized, and
    for values that create_invoice refuses.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        job = lock_job_of(values)
        current = _lock_finalized(invoice)
        before = values_of(current)
        values = checked_values(values)
        require_job_of_customer(job, customer=invoice.customer)
        _remember_fed(invoice, fed_digest)
        if invoice_fingerprint(values) == current.fingerprint:
            return current
        return _freeze_change(
            invoice,
            before,
            values,
            action="invoice.changed",
            reason=require_reason(reason, origin=origin),
            origin=origin,
        )


@retry_when_given_up
def change_date(
    *, invoice: Invoice, date: datetime.date, reason: str, origin: Origin
) -> InvoiceRevision:
    """Give a finalized invoice another date (company time zone) by a new revision (domain.md §7).

    The due date moves along, because the terms stay. The same date freezes nothing. Raises Refused
    unless the invoice is finalized.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        current = _lock_finalized(invoice)
        if date == current.date:
            return current
        before = values_of(current)
        return _freeze_change(
            invoice,
            before,
            dated(before, date),
            action="invoice.dated",
            reason=require_reason(reason, origin=origin),
            origin=origin,
        )


@retry_when_given_up
def record_credit_memo(
    *, number: str, invoice: Invoice, date: datetime.date, origin: Origin, fed_digest: str = ""
) -> CreditMemo:
    """Record a legacy credit memo on an invoice; immutable from then on (domain.md §2).

    Raises Refused for a number in use (case ignored).
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        require_new_number(number, among=CreditMemo.objects.all())
        credit_memo = CreditMemo.objects.create(
            number=number,
            invoice=invoice,
            date=date,
            source=origin.source,
            fed_digest=fed_digest,
        )
        credit_memo_recorded.send(sender=CreditMemo, credit_memo=credit_memo, origin=origin)
        record_by_person(
            origin=origin,
            action="credit_memo.recorded",
            target=credit_memo,
            after={"invoice": invoice.number, "date": date.isoformat()},
        )
    return credit_memo


def _lock_finalized(invoice: Invoice) -> InvoiceRevision:
    lock_invoice(invoice)
    require_open_to_change(invoice)
    if invoice.status != Invoice.Status.FINALIZED or invoice.current_revision is None:
        raise Refused(f"Invoice {invoice.number} is not finalized: edit and approve its draft.")
    return invoice.current_revision


def _freeze_change(
    invoice: Invoice,
    before: InvoiceValues,
    after: InvoiceValues,
    *,
    action: str,
    reason: str,
    origin: Origin,
) -> InvoiceRevision:
    revision = freeze([(invoice, after)], reason=reason, origin=origin)[0]
    record_by_person(
        origin=origin,
        action=action,
        target=invoice,
        before={**invoice_content(before), "revision": revision.sequence - 1},
        after={**invoice_content(after), "revision": revision.sequence},
        note=reason,
    )
    return revision


def _remember_fed(invoice: Invoice, fed_digest: str) -> None:
    if fed_digest and fed_digest != invoice.fed_digest:
        invoice.fed_digest = fed_digest
        invoice.save(update_fields=["fed_digest"])
