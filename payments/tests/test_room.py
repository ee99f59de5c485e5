"""Open balance for a changed payment: only increases, before or after refunds, need it (§7)."""

from dataclasses import replace

import pytest

from invoices.models import Customer, Invoice
from invoices.services.invoices import cancel_invoice, change_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.balances import open_cents
from payments.models import Payment
from payments.services.payments import (
    PaymentValues,
    change_payment,
    payment_values,
    reallocate_payment,
)
from payments.tests.factories import make_payment, make_refund
from payments.tests.readings import parts
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer("C-1001", origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("10", customer=customer, total=10000, origin=origin)


@pytest.fixture
def second(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("20", customer=customer, total=10000, origin=origin)


def change(payment: Payment, values: PaymentValues, origin: Origin, **more: object) -> None:
    change_payment(
        payment=payment,
        values=values,
        **{"is_settled": True, "reason": "x", "origin": origin, **more},  # type: ignore[arg-type]
    )


def test_its_own_allocation_does_not_count_against_it(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment(invoice=invoice, amount=9000, origin=origin)
    make_payment(invoice=invoice, amount=500, origin=origin)
    values = payment_values(payment)
    change(payment, replace(values, amount_cents=9500, allocations=((invoice, 9500),)), origin)
    assert open_cents(invoice) == 0
    with refused("95.01 is more than the 95.00 open on invoice 10."):
        change(payment, replace(values, amount_cents=9501, allocations=((invoice, 9501),)), origin)


def test_an_invoice_edited_down_does_not_refuse_what_was_there(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=9000, origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(4000), reason="x", origin=origin)
    assert open_cents(invoice) == -5000
    values = payment_values(payment)
    change(payment, replace(values, memo="as before"), origin)
    assert parts(payment) == [(1, "10", 2, 9000)]
    change(payment, replace(values, allocations=((invoice, 8000),)), origin)
    assert open_cents(invoice) == -4000
    with refused("80.01 is more than the 40.00 open on invoice 10."):
        change(payment, replace(values, allocations=((invoice, 8001),)), origin)


def test_an_allocation_that_a_refund_freed_needs_room_to_come_back(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=10000, origin=origin)
    make_refund(payment=payment, amount=10000, origin=origin)
    make_payment(invoice=invoice, amount=10000, origin=origin)
    values = payment_values(payment)
    change(payment, replace(values, memo="fed again"), origin)
    # With 100.00 more the refund would come out of the unallocated part.
    with refused("100.00 is more than the 0.00 open on invoice 10."):
        change(payment, replace(values, amount_cents=20000), origin)


def test_the_order_of_allocations_can_need_room_too(
    invoice: Invoice, second: Invoice, origin: Origin
) -> None:
    payment = make_payment(allocations=((second, 5000), (invoice, 5000)), origin=origin)
    make_refund(payment=payment, amount=5000, origin=origin)
    make_payment(invoice=invoice, amount=10000, origin=origin)
    with refused("50.00 is more than the 0.00 open on invoice 10."):
        reallocate_payment(
            payment=payment,
            allocations=((invoice, 5000), (second, 5000)),
            reason="x",
            origin=origin,
        )


def test_what_is_on_a_closed_invoice_may_stay_but_not_grow(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    make_refund(payment=payment, amount=4000, origin=origin)
    cancel_invoice(invoice=invoice, reason="x", origin=origin)
    values = payment_values(payment)
    change(payment, replace(values, memo="fed again"), origin)
    assert parts(payment) == [(1, "10", None, 4000)]
    with refused("Invoice 10 is cancelled: no payment can be allocated to it."):
        change(payment, replace(values, amount_cents=5000, allocations=((invoice, 5000),)), origin)
