"""Payments of merged customers: the payments of one may pay the invoices of the other."""

import pytest

from invoices.models import Customer
from invoices.services.merging import merge_customers
from invoices.tests.factories import make_customer, make_invoice, make_origin
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def old(origin: Origin) -> Customer:
    return make_customer("C-1", origin=origin)


@pytest.fixture
def new(origin: Origin) -> Customer:
    return make_customer("C-2", origin=origin)


def test_a_payment_of_one_pays_an_invoice_of_the_other(
    old: Customer, new: Customer, origin: Origin
) -> None:
    deposit = make_payment("P-1", customer=old, origin=origin)
    invoice = make_invoice("7", customer=new, origin=origin)
    with refused(f"Invoice 7 belongs to another customer, not to {old}."):
        reallocate_payment(
            payment=deposit, allocations=((invoice, 100),), reason="x", origin=origin
        )

    merge_customers(vanishing=old, survivor=new, reason="x", origin=origin)
    reallocate_payment(payment=deposit, allocations=((invoice, 100),), reason="x", origin=origin)

    deposit.refresh_from_db()
    assert deposit.customer == old
    assert deposit.current_revision is not None
    (allocation,) = deposit.current_revision.allocations.all()
    assert (allocation.invoice, allocation.amount_cents) == (invoice, 100)


def test_a_new_payment_is_the_survivors(old: Customer, new: Customer, origin: Origin) -> None:
    invoice = make_invoice("7", customer=old, origin=origin)
    merge_customers(vanishing=old, survivor=new, reason="x", origin=origin)

    payment = make_payment("P-1", customer=old, allocations=((invoice, 100),), origin=origin)

    assert payment.customer == new
