"""Giving money back (domain.md §3, §7)."""

import datetime

from payments.balances import left_cents
from payments.models import Payment, Refund
from payments.services.checks import require_settled
from payments.services.freezing import current_of, lock_payment
from payments.signals import refund_recorded
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.date_texts import day_text
from sera_batching.document_action import document_action, record_by_person
from sera_batching.exceptions import Refused
from sera_batching.models import PaymentMethod
from sera_batching.money import cents_display
from sera_batching.numbers import require_new_number
from sera_batching.origin import Origin
from sera_batching.texts import checked_text


@retry_when_given_up
def record_refund(
    *,
    number: str,
    payment: Payment,
    date: datetime.date,
    amount_cents: int,
    method: str,
    memo: str,
    origin: Origin,
    fed_digest: str = "",
) -> Refund:
    """Record a refund, full or partial, of a payment; immutable from then on (domain.md §7).

    Raises Refused for a number in use (case ignored), more than is left of the payment, a date
    before the payment's, a removed payment, and a card or ACH payment that has not settled.
    """
    with document_action(origin=origin, permission="payments.refund_payment"):
        require_new_number(number, among=Refund.objects.all())
        if method not in PaymentMethod.values:
            raise Refused(f"“{method}” isn't a payment method.")
        memo = checked_text(memo, label="memo")
        lock_payment(payment)
        _require_refundable(payment, date=date, amount_cents=amount_cents)
        refund = Refund.objects.create(
            number=number,
            payment=payment,
            date=date,
            amount_cents=amount_cents,
            method=method,
            memo=memo,
            recorded_by=origin.user,
            source=origin.source,
            fed_digest=fed_digest,
        )
        refund_recorded.send(sender=Refund, refund=refund, origin=origin)
        record_by_person(
            origin=origin,
            action="refund.recorded",
            target=refund,
            after={
                "payment": payment.number,
                "date": date.isoformat(),
                "amount_cents": amount_cents,
                "method": str(method),
                "memo": memo,
            },
        )
    return refund


def _require_refundable(payment: Payment, *, date: datetime.date, amount_cents: int) -> None:
    revision = current_of(payment)
    if payment.state == Payment.State.REMOVED:
        raise Refused(f"Payment {payment.number} was removed, so there is nothing to refund.")
    require_settled(revision.method, is_settled=payment.is_settled, number=payment.number)
    if amount_cents <= 0:
        raise Refused("A refund must be above 0.00.")
    if date < revision.date:
        raise Refused(
            f"A refund on {day_text(date)} would be before payment {payment.number}, "
            f"{day_text(revision.date)}."
        )
    left = left_cents(payment)
    if amount_cents > left:
        raise Refused(
            f"{cents_display(amount_cents)} is more than the {cents_display(left)} left "
            f"of payment {payment.number}."
        )
