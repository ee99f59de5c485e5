"""What keeps an invoice or payment out of every batch, before any check (domain.md §3).

The order is that in which people are told: what cannot be changed comes first. Each page says it in
its own words.
"""

from collections.abc import Callable
from enum import Enum, auto

from invoices.models import Invoice
from payments.models import Payment


class KeptOut(Enum):
    """One reason."""

    STATE = auto()
    """The invoice is void or cancelled; the payment is disputed or removed."""
    ON_HOLD = auto()
    """The invoice, or an invoice of the payment, is marked Do Not Batch."""
    UNLOCKED = auto()
    """The invoice is unlocked for editing until it is approved again."""
    NOT_APPROVED = auto()


def why_invoice_is_kept_out(invoice: Invoice) -> KeptOut | None:
    """Return the first reason that applies, if any does."""
    if invoice.status in (Invoice.Status.VOID, Invoice.Status.CANCELLED):
        return KeptOut.STATE
    if invoice.is_on_hold:
        return KeptOut.ON_HOLD
    if invoice.is_unlocked:
        return KeptOut.UNLOCKED
    return KeptOut.NOT_APPROVED if invoice.status == Invoice.Status.PENDING else None


def why_payment_is_kept_out(payment: Payment, *, is_held: Callable[[], bool]) -> KeptOut | None:
    """Return the first reason that applies, if any does; asks `is_held` of active payments only."""
    if payment.state != Payment.State.ACTIVE:
        return KeptOut.STATE
    return KeptOut.ON_HOLD if is_held() else None
