"""What a person may do with a document now, and why the rest is unavailable."""

from dataclasses import dataclass

from django.urls import reverse

from invoices.models import Invoice
from payments.balances import refunded_cents
from payments.models import Payment
from payments.services.freezing import current_of
from sera_batching.models import PaymentMethod, User


@dataclass(frozen=True, slots=True)
class Action:
    """One action; `why_not` is empty if it is available now."""

    label: str
    url: str
    why_not: str = ""


def actions_on_invoice(invoice: Invoice, user: User) -> list[Action]:
    """Return the actions on an invoice that the user has the permission for."""
    status = invoice.status
    is_pending = status == Invoice.Status.PENDING
    closed = ""
    if status in (Invoice.Status.VOID, Invoice.Status.CANCELLED):
        closed = f"it is permanently {invoice.get_status_display().lower()}"
    not_finalized = closed or ("it is not finalized" if is_pending else "")
    hold = ("invoice_resume", "Resume Batching", "")
    if not invoice.is_on_hold:
        hold = ("invoice_hold", "Do Not Batch", closed)
    possible = [
        (
            "approve",
            "invoice_approve",
            "Approve",
            closed or ("" if is_pending else "it is approved"),
        ),
        ("edit", "invoice_edit", "Edit", closed),
        ("edit", "invoice_date", "Edit date", not_finalized),
        ("hold", *hold),
        ("void", "invoice_void", "Void", not_finalized),
        ("cancel", "invoice_cancel", "Cancel invoice", closed),
    ]
    actions = [
        Action(label, reverse(f"backoffice:{name}", args=[invoice.pk]), why_not)
        for codename, name, label, why_not in possible
        if user.has_perm(f"invoices.{codename}_invoice")
    ]
    if user.has_perm("payments.take_payment"):
        url = f"{reverse('backoffice:payment_take')}?invoice={invoice.pk}"
        actions.append(Action("Take payment", url, closed))
    return actions


def actions_on_payment(payment: Payment, user: User) -> list[Action]:
    """Return the actions on a payment that the user has the permission for."""
    refunded = refunded_cents(payment)
    removed = "it was permanently removed" if payment.state == Payment.State.REMOVED else ""
    is_unsettled = is_void_of_unsettled(payment)
    possible = [
        ("reallocate", "payment_reallocate", "Reallocate", removed),
        ("refund", "payment_refund", "Issue refund", removed or _why_no_refund(payment, refunded)),
        (
            "remove",
            "payment_remove",
            "Void" if is_unsettled else "Remove",
            removed or ("it has refunds" if refunded else ""),
        ),
    ]
    if payment.state == Payment.State.DISPUTED:
        possible.append(("dispute", "payment_restore", "Restore", ""))
    else:
        possible.append(("dispute", "payment_dispute", "Dispute", removed))
    if is_unsettled:
        possible.append(("reallocate", "payment_settle", "Mark as settled", removed))
    return [
        Action(label, reverse(f"backoffice:{name}", args=[payment.pk]), why_not)
        for codename, name, label, why_not in possible
        if user.has_perm(f"payments.{codename}_payment")
    ]


def is_void_of_unsettled(payment: Payment) -> bool:
    """Return whether removing the payment is called voiding: its money never arrived."""
    electronic = (PaymentMethod.CARD, PaymentMethod.ACH)
    return not payment.is_settled and current_of(payment).method in electronic


def _why_no_refund(payment: Payment, refunded: int) -> str:
    if is_void_of_unsettled(payment):
        return "it has not settled; it can only be voided in full"
    is_empty = current_of(payment).amount_cents <= refunded
    return "nothing is left of it" if is_empty else ""
