"""Taking payments, changing them and reallocating them (domain.md §7; feed.md)."""

from dataclasses import replace
from typing import Any

from invoices.models import Customer, Invoice
from invoices.services.survivors import surviving
from payments.models import Payment, PaymentRevision
from payments.services.checks import (
    PaymentValues,
    checked_facts,
    own_allocations,
    require_refunds_fit,
    require_room,
    require_within_amount,
)
from payments.services.freezing import (
    PaymentFacts,
    current_of,
    facts_of,
    freeze,
    is_as_frozen,
    lock_payment,
)
from payments.services.refunds import record_refund
from payments.services.states import dispute_payment, remove_payment, restore_payment
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import (
    document_action,
    record_act,
    record_by_person,
    require_reason,
)
from sera_batching.exceptions import Refused
from sera_batching.numbers import require_new_number
from sera_batching.origin import Origin

__all__ = [
    "PaymentValues",
    "change_payment",
    "dispute_payment",
    "payment_values",
    "reallocate_payment",
    "record_refund",
    "remove_payment",
    "restore_payment",
    "take_payment",
]


@retry_when_given_up
def take_payment(
    *,
    number: str,
    customer: Customer,
    values: PaymentValues,
    is_settled: bool,
    origin: Origin,
    fed_digest: str = "",
) -> Payment:
    """Record a payment of a customer, on invoices or as a deposit (domain.md §7).

    Raises Refused for a number in use (case ignored), another customer's job or invoice, and
    allocations twice to an invoice, above the payment or above what is open on the invoice.
    """
    with document_action(origin=origin, permission="payments.take_payment"):
        require_new_number(number, among=Payment.objects.all())
        customer = surviving(customer)
        facts = checked_facts(values, customer=customer)
        require_room(facts)
        payment = Payment.objects.create(
            number=number, customer=customer, is_settled=is_settled, fed_digest=fed_digest
        )
        freeze([(payment, facts)], reason="", origin=origin)
        record_by_person(
            origin=origin,
            action="payment.taken",
            target=payment,
            after=_content(facts, is_settled=is_settled),
        )
    return payment


@retry_when_given_up
def change_payment(
    *,
    payment: Payment,
    values: PaymentValues,
    is_settled: bool,
    reason: str,
    origin: Origin,
    fed_digest: str = "",
) -> Payment:
    """Change what a payment says; its next revision is frozen if anything differs (domain.md §2).

    Raises Refused for a removed payment, for what take_payment refuses (an allocation that does
    not rise needs no room), and for what contradicts the refunds made.
    """
    with document_action(origin=origin, permission="payments.reallocate_payment"):
        # Invoices before payments: every service locks in this order.
        facts = checked_facts(values, customer=surviving(payment.customer))
        revision = _lock_present(payment)
        require_refunds_fit(facts, payment=payment, is_settled=is_settled)
        require_room(facts, payment=payment, present=revision)
        _write_change(
            payment,
            facts,
            is_settled=is_settled,
            action="payment.changed",
            reason=reason,
            origin=origin,
            fed_digest=fed_digest,
        )
    return payment


@retry_when_given_up
def reallocate_payment(
    *,
    payment: Payment,
    allocations: tuple[tuple[Invoice, int], ...],
    reason: str,
    origin: Origin,
) -> Payment:
    """Reallocate a payment, in cents, to other invoices or to none (domain.md §7).

    Raises Refused for a removed payment and for what take_payment refuses.
    """
    with document_action(origin=origin, permission="payments.reallocate_payment"):
        locked = own_allocations(allocations, customer=surviving(payment.customer))
        revision = _lock_present(payment)
        facts = replace(facts_of(revision), allocations=locked)
        require_within_amount(facts)
        require_room(facts, payment=payment, present=revision)
        _write_change(
            payment,
            facts,
            is_settled=payment.is_settled,
            action="payment.reallocated",
            reason=reason,
            origin=origin,
        )
    return payment


def payment_values(payment: Payment) -> PaymentValues:
    """Return the content of the payment's newest revision, to be edited."""
    facts = facts_of(current_of(payment))
    return PaymentValues(
        job=facts.job,
        date=facts.date,
        method=facts.method,
        reference=facts.reference,
        memo=facts.memo,
        amount_cents=facts.amount_cents,
        allocations=facts.allocations,
    )


def _lock_present(payment: Payment) -> PaymentRevision:
    """Lock the payment and return its newest revision; Refused if it is removed."""
    lock_payment(payment)
    if payment.state == Payment.State.REMOVED:
        raise Refused(f"Payment {payment.number} was removed and can't be changed.")
    return current_of(payment)


def _write_change(
    payment: Payment,
    facts: PaymentFacts,
    *,
    is_settled: bool,
    action: str,
    reason: str,
    origin: Origin,
    fed_digest: str = "",
) -> None:
    revision = current_of(payment)
    before = _content(facts_of(revision), is_settled=payment.is_settled)
    after = _content(facts, is_settled=is_settled)
    payment.is_settled = is_settled
    payment.fed_digest = fed_digest or payment.fed_digest
    payment.save(update_fields=["is_settled", "fed_digest"])
    is_same = is_as_frozen(facts, revision)
    if is_same and before == after:
        return
    reason = require_reason(reason, origin=origin)
    if not is_same:
        freeze([(payment, facts)], reason=reason, origin=origin)
    # Settlement is not part of a revision.
    record = record_act if is_same else record_by_person
    record(origin=origin, action=action, target=payment, before=before, after=after, note=reason)


def _content(facts: PaymentFacts, *, is_settled: bool) -> dict[str, Any]:
    """Return a payment's content as JSON for the audit trail; amounts in cents."""
    return {
        "job": facts.job.number if facts.job else None,
        "date": facts.date.isoformat(),
        "method": str(facts.method),
        "reference": facts.reference,
        "memo": facts.memo,
        "amount_cents": facts.amount_cents,
        "is_settled": is_settled,
        "allocations": [[invoice.number, cents] for invoice, cents in facts.allocations],
    }
