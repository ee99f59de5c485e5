"""What is open on an invoice (domain.md §7)."""

import pytest
from pytest_django import DjangoAssertNumQueries

from invoices.services.invoices import (
    change_invoice,
    edit_draft,
    unlock_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.balances import NetAllocation, net_allocations, net_of_each, open_cents, open_cents_of
from payments.tests.factories import make_payment, make_refund

pytestmark = pytest.mark.django_db


def test_the_newest_frozen_total_counts_the_draft_only_before_the_first() -> None:
    origin = make_origin()
    invoice = make_invoice(total=10000, finalized=False, origin=origin)
    assert open_cents(invoice) == 10000
    edit_draft(invoice=invoice, values=make_invoice_values(8000), origin=origin)
    assert open_cents(invoice) == 8000
    finalized = make_invoice(total=10000, origin=origin)
    unlock_invoice(invoice=finalized, reason="x", origin=origin)
    edit_draft(invoice=finalized, values=make_invoice_values(8000), origin=origin)
    assert open_cents(finalized) == 10000


def test_an_overpaid_invoice_has_a_negative_balance() -> None:
    origin = make_origin()
    invoice = make_invoice(total=10000, origin=origin)
    make_payment(invoice=invoice, amount=10000, origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(0), reason="x", origin=origin)
    assert open_cents(invoice) == -10000


def test_refunds_reduce_the_unallocated_part_then_the_allocations_from_the_last() -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    first = make_invoice("1", customer=customer, total=10000, origin=origin)
    last = make_invoice("2", customer=customer, total=10000, origin=origin)
    payment = make_payment(
        "P-1", amount=10000, allocations=((first, 5000), (last, 3000)), origin=origin
    )
    expected = [(2000, 5000, 7000), (1000, 5000, 8000), (3000, 6000, 10000), (4000, 10000, 10000)]
    for refund, first_open, last_open in expected:
        make_refund(payment=payment, amount=refund, origin=origin)
        assert open_cents_of([first, last]) == {first.pk: first_open, last.pk: last_open}
    assert net_allocations([last.pk]) == [
        NetAllocation(
            payment_id=payment.pk,
            payment_number="P-1",
            invoice_id=last.pk,
            gross_cents=3000,
            net_cents=0,
        )
    ]


def test_many_invoices_take_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    invoices = [make_invoice(customer=customer, total=1000, origin=origin) for _ in range(4)]
    payments = [make_payment(invoice=invoice, amount=600, origin=origin) for invoice in invoices]
    with django_assert_num_queries(2):
        assert open_cents_of(invoices) == {invoice.pk: 400 for invoice in invoices}
    with django_assert_num_queries(2):
        balances = open_cents_of(invoices, without=payments[0])
    assert balances[invoices[0].pk] == 1000
    assert balances[invoices[1].pk] == 400


def test_net_of_each_keeps_allocations_that_have_nothing_left() -> None:
    assert net_of_each([(1, 5000), (2, 3000)], amount_cents=10000, refund_cents=6000) == {
        1: 4000,
        2: 0,
    }
