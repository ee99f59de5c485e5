"""Customer balances: finalized invoices less net payments, with merged customers."""

import pytest
from pytest_django import DjangoAssertNumQueries

from invoices.models import Customer
from invoices.services.invoices import cancel_invoice
from invoices.services.merging import merge_customers
from invoices.tests.factories import make_customer, make_invoice, make_origin
from payments.balances import balances_of
from payments.services.payments import remove_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer("C-1", origin=origin)


def test_invoices_less_payments_after_refunds(
    customer: Customer, origin: Origin, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    invoice = make_invoice(total=10000, customer=customer, origin=origin)
    make_invoice(total=700, customer=customer, finalized=False, origin=origin)
    cancelled = make_invoice(total=900, customer=customer, origin=origin)
    cancel_invoice(invoice=cancelled, reason="x", origin=origin)
    payment = make_payment(invoice=invoice, amount=6000, origin=origin)
    make_refund(payment=payment, amount=1000, origin=origin)
    removed = make_payment(customer=customer, amount=300, origin=origin)
    remove_payment(payment=removed, note="x", origin=origin)
    other = make_customer("C-2", origin=origin)
    make_payment(customer=other, amount=250, origin=origin)

    with django_assert_num_queries(3):
        assert balances_of([customer, other]) == {customer.pk: 5000, other.pk: -250}


def test_a_survivor_owes_for_both(customer: Customer, origin: Origin) -> None:
    other = make_customer("C-2", origin=origin)
    make_invoice(total=10000, customer=customer, origin=origin)
    payment = make_payment(customer=customer, amount=4000, origin=origin)
    make_refund(payment=payment, amount=500, origin=origin)
    make_invoice(total=1000, customer=other, origin=origin)
    merge_customers(vanishing=customer, survivor=other, reason="x", origin=origin)

    assert balances_of([other]) == {other.pk: 7500}
    assert balances_of([customer]) == {customer.pk: 0}
