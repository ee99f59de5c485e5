"""Many payments in a constant number of statements, for the going-live feed (performance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoices.models import Customer
from invoices.services.freezing import lock_jobs
from payments.balances import open_cents_of
from payments.models import Payment
from payments.services.checks import PaymentValues, facts_with, lock_invoices, require_room_on
from payments.services.freezing import PaymentFacts, freeze
from sera_batching.database.sql import insert_objects
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.numbers import require_new_numbers
from sera_batching.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment that does not exist yet; `source` says which line of the feed it came from."""

    number: str
    customer: Customer
    values: PaymentValues
    is_settled: bool = True
    fed_digest: str = ""
    source: str = ""


@retry_when_given_up
def take_payments(*, entries: Sequence[NewPayment], origin: Origin) -> list[Payment]:
    """Take these payments, one after the other, all or none.

    Equivalent to take_payment for each, by the same rules. Raises Refused for the first that breaks
    one; the caller then goes one by one, so that one bad payment does not refuse the rest.
    """
    with document_action(origin=origin, permission="payments.take_payment"):
        require_new_numbers([entry.number for entry in entries], among=Payment.objects.all())
        facts = _facts_of(entries)
        payments = insert_objects(
            Payment(
                number=entry.number,
                customer=entry.customer,
                is_settled=entry.is_settled,
                fed_digest=entry.fed_digest,
            )
            for entry in entries
        )
        freeze(
            list(zip(payments, facts, strict=True)),
            reason="",
            origin=origin,
            sources=[entry.source or origin.source for entry in entries],
        )
        for payment in payments:
            record_by_person(origin=origin, action="payment.taken", target=payment)
    return payments


def _facts_of(entries: Sequence[NewPayment]) -> list[PaymentFacts]:
    """Lock every job and invoice, and check that each payment fits after those before it."""
    jobs = lock_jobs(entry.values.job for entry in entries if entry.values.job)
    invoices = lock_invoices(
        invoice for entry in entries for invoice, _ in entry.values.allocations
    )
    room = open_cents_of(invoices.values())
    found = []
    for entry in entries:
        facts = facts_with(entry.values, customer=entry.customer, jobs=jobs, invoices=invoices)
        for invoice, cents in facts.allocations:
            require_room_on(invoice, cents=cents, room_cents=room[invoice.pk])
            room[invoice.pk] -= cents
        found.append(facts)
    return found
