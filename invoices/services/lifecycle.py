"""Unlock, void, cancel, hold and resume an invoice (domain.md §3, §7)."""

from invoices.models import Invoice
from invoices.services.freezing import lock_invoice, write_draft
from invoices.services.values import values_of
from invoices.signals import invoice_cancelled, invoice_closing, invoice_voided
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_act, require_reason
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin


def require_open_to_change(invoice: Invoice) -> None:
    """Raise Refused for a void or cancelled invoice: neither ever changes again."""
    if invoice.status in (Invoice.Status.VOID, Invoice.Status.CANCELLED):
        raise Refused(
            f"Invoice {invoice.number} is permanently {invoice.get_status_display().lower()}."
        )


@retry_when_given_up
def unlock_invoice(
    *, invoice: Invoice, reason: str, origin: Origin, fed_digest: str = ""
) -> Invoice:
    """Open a finalized invoice for editing: pending again, its draft as last frozen.

    Unlocking a pending invoice changes nothing. Raises Refused for a void or cancelled one.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        lock_invoice(invoice)
        require_open_to_change(invoice)
        if invoice.status == Invoice.Status.PENDING or invoice.current_revision is None:
            return invoice
        reason = require_reason(reason, origin=origin)
        write_draft(invoice, values_of(invoice.current_revision))
        invoice.fed_digest = fed_digest or invoice.fed_digest
        _set_status(invoice, Invoice.Status.PENDING, "unlocked", note=reason, origin=origin)
    return invoice


@retry_when_given_up
def void_invoice(*, invoice: Invoice, note: str, origin: Origin) -> Invoice:
    """Void a finalized invoice, for good (domain.md §7). Voiding a void one changes nothing.

    Raises Refused unless it is finalized and all money on it is refunded (a receiver in payments).
    """
    with document_action(origin=origin, permission="invoices.void_invoice"):
        lock_invoice(invoice)
        if invoice.status == Invoice.Status.VOID:
            return invoice
        require_open_to_change(invoice)
        if invoice.status != Invoice.Status.FINALIZED:
            raise Refused(
                f"Invoice {invoice.number} is pending: only a finalized invoice can be voided."
            )
        note = require_reason(note, origin=origin)
        invoice_closing.send(sender=Invoice, invoice=invoice, verb="voided")
        _set_status(invoice, Invoice.Status.VOID, "voided", note=note, origin=origin)
        invoice_voided.send(sender=Invoice, invoice=invoice, origin=origin)
    return invoice


@retry_when_given_up
def cancel_invoice(*, invoice: Invoice, reason: str, origin: Origin) -> Invoice:
    """Cancel a pending or finalized invoice, for good. Cancelling again changes nothing.

    Raises Refused for a void one, and while unrefunded money is allocated to it (a receiver in
    payments; domain.md §7).
    """
    with document_action(origin=origin, permission="invoices.cancel_invoice"):
        lock_invoice(invoice)
        if invoice.status == Invoice.Status.CANCELLED:
            return invoice
        require_open_to_change(invoice)
        reason = require_reason(reason, origin=origin)
        invoice_closing.send(sender=Invoice, invoice=invoice, verb="cancelled")
        _set_status(invoice, Invoice.Status.CANCELLED, "cancelled", note=reason, origin=origin)
        invoice_cancelled.send(sender=Invoice, invoice=invoice, origin=origin)
    return invoice


@retry_when_given_up
def hold_invoice(*, invoice: Invoice, note: str, origin: Origin) -> Invoice:
    """Do Not Batch: hold the invoice and its payments back (domain.md §3).

    Holding a held one changes nothing. Raises Refused for a void or cancelled invoice.
    """
    with document_action(origin=origin, permission="invoices.hold_invoice"):
        lock_invoice(invoice)
        if invoice.is_on_hold:
            return invoice
        require_open_to_change(invoice)
        note = require_reason(note, origin=origin)
        _set_hold(invoice, is_on_hold=True, note=note, origin=origin)
    return invoice


@retry_when_given_up
def resume_invoice(*, invoice: Invoice, origin: Origin) -> Invoice:
    """Resume Batching: release the invoice and its payments. If it is not held, nothing changes.

    A void or cancelled invoice can be resumed too; otherwise its payments would be held forever.
    """
    with document_action(origin=origin, permission="invoices.hold_invoice"):
        lock_invoice(invoice)
        if invoice.is_on_hold:
            _set_hold(invoice, is_on_hold=False, note="", origin=origin)
    return invoice


def _set_status(
    invoice: Invoice, status: Invoice.Status, participle: str, *, note: str, origin: Origin
) -> None:
    before = invoice.status
    invoice.status = status
    invoice.save(update_fields=["status", "fed_digest"])
    record_act(
        origin=origin,
        action=f"invoice.{participle}",
        target=invoice,
        before={"status": str(before)},
        after={"status": str(status.value)},
        note=note,
    )


def _set_hold(invoice: Invoice, *, is_on_hold: bool, note: str, origin: Origin) -> None:
    before = {"is_on_hold": invoice.is_on_hold, "hold_note": invoice.hold_note}
    invoice.is_on_hold = is_on_hold
    invoice.hold_note = note
    invoice.save(update_fields=["is_on_hold", "hold_note"])
    record_act(
        origin=origin,
        action="invoice.held" if is_on_hold else "invoice.resumed",
        target=invoice,
        before=before,
        after={"is_on_hold": is_on_hold, "hold_note": note},
        note=note,
    )
