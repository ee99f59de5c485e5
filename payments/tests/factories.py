"""Payments and refunds for tests: each made by the real services, with a new number."""

import datetime
from typing import Any

from invoices.models import Customer, Invoice, Job
from invoices.tests.factories import make_customer, make_origin, numbers
from payments.models import Payment, Refund
from payments.services.payments import PaymentValues, record_refund, take_payment
from sera_batching.origin import Origin

PAYMENT_DATE = datetime.date(2026, 11, 3)
REFUND_DATE = datetime.date(2026, 11, 5)

Allocations = tuple[tuple[Invoice, int], ...]


def make_payment_values(
    amount: int = 15000, *, allocations: Allocations = (), **values: Any
) -> PaymentValues:
    """Return the values of a payment of `amount` cents, by default by card."""
    return PaymentValues(
        **{
            "date": PAYMENT_DATE,
            "method": "card",
            "reference": "4242",
            "amount_cents": amount,
            "allocations": allocations,
            **values,
        }
    )


def make_payment(
    number: str = "",
    *,
    customer: Customer | None = None,
    amount: int | None = None,
    invoice: Invoice | None = None,
    allocations: Allocations = (),
    is_settled: bool = True,
    origin: Origin | None = None,
    **values: Any,
) -> Payment:
    """Make a payment: `invoice` gets all of it; without allocations it is a deposit.

    The amount in cents is by default the sum of the allocations, or 15000.
    """
    origin = origin or make_origin()
    if amount is None:
        amount = sum(cents for _, cents in allocations) or 15000
    if invoice is not None:
        allocations = ((invoice, amount),)
    job: Job | None = values.get("job")
    if customer is None:
        if allocations:
            customer = allocations[0][0].customer
        else:
            customer = job.customer if job else make_customer(origin=origin)
    return take_payment(
        number=number or f"P-{next(numbers)}",
        customer=customer,
        values=make_payment_values(amount, allocations=allocations, **values),
        is_settled=is_settled,
        origin=origin,
    )


def make_refund(
    number: str = "",
    *,
    payment: Payment | None = None,
    amount: int = 5000,
    date: datetime.date = REFUND_DATE,
    method: str = "card",
    memo: str = "goodwill",
    origin: Origin | None = None,
) -> Refund:
    """Make a refund of `amount` cents."""
    origin = origin or make_origin()
    return record_refund(
        number=number or f"R-{next(numbers)}",
        payment=payment or make_payment(origin=origin),
        date=date,
        amount_cents=amount,
        method=method,
        memo=memo,
        origin=origin,
    )
