"""Removing, disputing and restoring a payment (domain.md §3, §7)."""

from django.dispatch import Signal

from payments.models import Payment
from payments.services.freezing import lock_payment
from payments.signals import payment_disputed, payment_removed, payment_restored
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_act, require_reason
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin


@retry_when_given_up
def remove_payment(*, payment: Payment, note: str, origin: Origin) -> Payment:
    """Remove a payment, for good: it was entered wrongly, or voided before it settled.

    Removing a removed one changes nothing. Raises Refused while it has refunds (domain.md §7).
    """
    with document_action(origin=origin, permission="payments.remove_payment"):
        lock_payment(payment)
        if payment.state == Payment.State.REMOVED:
            return payment
        note = require_reason(note, origin=origin)
        refund = payment.refunds.first()
        if refund is not None:
            raise Refused(
                f"Payment {payment.number} has refund {refund.number}: it cannot be removed."
            )
        _set_state(payment, Payment.State.REMOVED, payment_removed, note=note, origin=origin)
    return payment


@retry_when_given_up
def dispute_payment(*, payment: Payment, note: str, origin: Origin) -> Payment:
    """Mark a payment as disputed: it is held back until it is restored (domain.md §3).

    Disputing a disputed one changes nothing. Raises Refused for a removed payment.
    """
    with document_action(origin=origin, permission="payments.dispute_payment"):
        _lock_present(payment)
        if payment.state == Payment.State.ACTIVE:
            note = require_reason(note, origin=origin)
            _set_state(payment, Payment.State.DISPUTED, payment_disputed, note=note, origin=origin)
    return payment


@retry_when_given_up
def restore_payment(*, payment: Payment, note: str, origin: Origin) -> Payment:
    """End a dispute: the payment batches again (domain.md §3).

    Restoring one without dispute changes nothing. Raises Refused for a removed payment.
    """
    with document_action(origin=origin, permission="payments.dispute_payment"):
        _lock_present(payment)
        if payment.state == Payment.State.DISPUTED:
            note = require_reason(note, origin=origin)
            _set_state(payment, Payment.State.ACTIVE, payment_restored, note=note, origin=origin)
    return payment


def _lock_present(payment: Payment) -> None:
    lock_payment(payment)
    if payment.state == Payment.State.REMOVED:
        raise Refused(f"Payment {payment.number} was removed permanently.")


def _set_state(
    payment: Payment, state: Payment.State, signal: Signal, *, note: str, origin: Origin
) -> None:
    actions = {
        Payment.State.REMOVED: "payment.removed",
        Payment.State.DISPUTED: "payment.disputed",
        Payment.State.ACTIVE: "payment.restored",
    }
    before = payment.state
    payment.state = state
    payment.save(update_fields=["state"])
    signal.send(sender=Payment, payment=payment, origin=origin)
    record_act(
        origin=origin,
        action=actions[state],
        target=payment,
        before={"state": str(before)},
        after={"state": str(state.value)},
        note=note,
    )
