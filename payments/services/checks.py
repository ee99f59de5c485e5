"""What a payment may contain and which invoices it may pay (domain.md §7; feed.md, Records)."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from invoices.models import Customer, Invoice, Job
from invoices.services.freezing import load_current_revisions, lock_jobs
from invoices.services.survivors import is_same_customer
from payments.balances import net_of_each, open_cents_of, refunded_cents
from payments.models import Payment, PaymentRevision
from payments.services.freezing import CLOSED, PaymentFacts
from sera_batching.date_texts import day_text
from sera_batching.exceptions import Refused
from sera_batching.models import PaymentMethod
from sera_batching.money import LARGEST_CENTS, cents_display
from sera_batching.texts import checked_line, checked_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentValues:
    """What a payment says; amounts in cents; no allocations make it a deposit."""

    job: Job | None = None
    date: datetime.date
    method: str
    reference: str = ""
    memo: str = ""
    amount_cents: int
    allocations: tuple[tuple[Invoice, int], ...] = ()


def lock_invoices(invoices: Iterable[Invoice]) -> dict[int, Invoice]:
    """Lock the invoices, so that two payments cannot take the same room; return them refreshed.

    Their revisions are fetched by a second statement, after the wait.
    """
    wanted = {invoice.pk for invoice in invoices}
    if not wanted:
        return {}
    rows = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    locked = {invoice.pk: invoice for invoice in rows}
    load_current_revisions(locked.values())
    return locked


def checked_facts(values: PaymentValues, *, customer: Customer) -> PaymentFacts:
    """Lock the job and the invoices and return the payment's facts with them as they are now.

    Raises Refused for invalid facts; whether the amounts fit is a separate check.
    """
    return facts_with(
        values,
        customer=customer,
        jobs=lock_jobs([values.job] if values.job else []),
        invoices=lock_invoices(invoice for invoice, _ in values.allocations),
    )


def facts_with(
    values: PaymentValues,
    *,
    customer: Customer,
    jobs: Mapping[int, Job],
    invoices: Mapping[int, Invoice],
) -> PaymentFacts:
    """Like checked_facts, for jobs and invoices that are already locked."""
    if values.method not in PaymentMethod.values:
        raise Refused(f"“{values.method}” isn't a payment method.")
    if not 0 <= values.amount_cents <= LARGEST_CENTS:
        raise Refused(
            f"A payment can't be {cents_display(values.amount_cents)}: it must be 0.00 or "
            "more, with at most ten digits."
        )
    facts = PaymentFacts(
        job=_own_job(values.job, customer=customer, jobs=jobs),
        date=values.date,
        method=values.method,
        reference=checked_line(values.reference, label="reference", longest=255),
        memo=checked_text(values.memo, label="memo"),
        amount_cents=values.amount_cents,
        allocations=_own_allocations(values.allocations, customer=customer, invoices=invoices),
    )
    require_within_amount(facts)
    return facts


def own_allocations(
    allocations: tuple[tuple[Invoice, int], ...], *, customer: Customer
) -> tuple[tuple[Invoice, int], ...]:
    """Lock the invoices and return the allocations with refreshed invoices, in their order.

    Raises Refused for another customer's invoice, an invoice named twice, and an amount of 0.
    """
    invoices = lock_invoices(invoice for invoice, _ in allocations)
    return _own_allocations(allocations, customer=customer, invoices=invoices)


def _own_allocations(
    allocations: tuple[tuple[Invoice, int], ...],
    *,
    customer: Customer,
    invoices: Mapping[int, Invoice],
) -> tuple[tuple[Invoice, int], ...]:
    if len({invoice.pk for invoice, _ in allocations}) < len(allocations):
        raise Refused("An invoice appears twice: a payment has one allocation per invoice.")
    for invoice, cents in allocations:
        if cents <= 0:
            raise Refused(f"The allocation to invoice {invoice.number} must be above 0.00.")
        if not is_same_customer(invoices[invoice.pk].customer, customer):
            raise Refused(
                f"Invoice {invoice.number} belongs to another customer, not to {customer}."
            )
    return tuple((invoices[invoice.pk], cents) for invoice, cents in allocations)


def require_within_amount(facts: PaymentFacts) -> None:
    """Raise Refused if more is allocated than was paid."""
    allocated = sum(cents for _, cents in facts.allocations)
    if allocated > facts.amount_cents:
        raise Refused(
            f"The allocations, {cents_display(allocated)}, exceed the payment, "
            f"{cents_display(facts.amount_cents)}."
        )


def require_room(
    facts: PaymentFacts,
    *,
    payment: Payment | None = None,
    present: PaymentRevision | None = None,
) -> None:
    """Raise Refused if an allocation exceeds what is open on its invoice (domain.md §7).

    A payment's own current allocation does not count against it. An allocation that does not rise,
    before or after refunds, needs no room: its invoice may have been lowered or closed since.
    """
    gross = {invoice.pk: cents for invoice, cents in facts.allocations}
    if not gross:
        return
    refunds = refunded_cents(payment) if payment else 0
    net = net_of_each(gross.items(), amount_cents=facts.amount_cents, refund_cents=refunds)
    held: dict[int, int] = {}
    held_net: dict[int, int] = {}
    if present is not None:
        held = {one.invoice_id: one.amount_cents for one in present.allocations.all()}
        held_net = net_of_each(
            held.items(), amount_cents=present.amount_cents, refund_cents=refunds
        )
    invoices = [invoice for invoice, _ in facts.allocations]
    room = open_cents_of(invoices, without=payment)
    for invoice in invoices:
        rises = gross[invoice.pk] > held.get(invoice.pk, 0) or net[invoice.pk] > held_net.get(
            invoice.pk, 0
        )
        if rises:
            require_room_on(invoice, cents=gross[invoice.pk], room_cents=room[invoice.pk])


def require_refunds_fit(facts: PaymentFacts, *, payment: Payment, is_settled: bool) -> None:
    """Raise Refused if the refunds already made would contradict the changed payment (§7)."""
    first = payment.refunds.order_by("date").first()
    if first is None:
        return
    refunds = refunded_cents(payment)
    if facts.amount_cents < refunds:
        raise Refused(
            f"{cents_display(refunds)} of payment {payment.number} has been refunded, so its "
            "amount can't be less."
        )
    if facts.date > first.date:
        raise Refused(
            f"Refund {first.number} of payment {payment.number} is dated "
            f"{day_text(first.date)}: the payment cannot be later."
        )
    require_settled(facts.method, is_settled=is_settled, number=payment.number)


def require_settled(method: str, *, is_settled: bool, number: str) -> None:
    """Raise Refused for a card or ACH payment that has not settled: it has no refunds (§7)."""
    if method in (PaymentMethod.CARD, PaymentMethod.ACH) and not is_settled:
        raise Refused(
            f"Payment {number} has not settled: it cannot be refunded, only removed in full."
        )


def require_room_on(invoice: Invoice, *, cents: int, room_cents: int) -> None:
    """Raise Refused if the amount exceeds what is open on the invoice."""
    if invoice.status in CLOSED:
        raise Refused(
            f"Invoice {invoice.number} is {invoice.get_status_display().lower()}: "
            "no payment can be allocated to it."
        )
    if cents > room_cents:
        raise Refused(
            f"{cents_display(cents)} is more than the {cents_display(max(room_cents, 0))} "
            f"open on invoice {invoice.number}."
        )


def _own_job(job: Job | None, *, customer: Customer, jobs: Mapping[int, Job]) -> Job | None:
    if job is None:
        return None
    locked = jobs[job.pk]
    if not is_same_customer(locked.customer, customer):
        raise Refused(f"Job {locked.number} belongs to another customer, not to {customer}.")
    return locked
