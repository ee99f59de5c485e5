"""Payments follow the invoices and jobs that they name, in the same transaction (domain.md §2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.models import Customer, Invoice
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_invoice,
    hold_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from payments.services.payments import dispute_payment, reallocate_payment, remove_payment
from payments.signals import payments_frozen
from payments.tests.factories import make_payment, make_refund
from payments.tests.readings import current, parts
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("10", customer=customer, total=10000, origin=origin)


def change(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


def test_a_frozen_invoice_takes_its_payments_along(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    disputed = make_payment(invoice=invoice, amount=1000, origin=origin)
    dispute_payment(payment=disputed, note="x", origin=origin)
    removed = make_payment(invoice=invoice, amount=1000, origin=origin)
    remove_payment(payment=removed, note="x", origin=origin)
    elsewhere = make_payment(origin=origin)
    before = current(payment)
    with signals_sent(payments_frozen) as sent:
        change(invoice, 12000, origin)
    assert sent == [
        (
            payments_frozen,
            {"revisions": [current(payment), current(disputed)], "origin": origin},
        )
    ]
    revision = current(payment)
    assert (revision.sequence, revision.reason) == (2, "Its invoice was approved.")
    assert parts(payment) == [(1, "10", 2, 4000)]
    assert revision.fingerprint != before.fingerprint
    assert (current(removed).sequence, current(elsewhere).sequence) == (1, 1)


def test_edited_back_is_the_same_payment_again(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    fingerprint = current(payment).fingerprint
    change(invoice, 12000, origin)
    change(invoice, 10000, origin)
    assert (current(payment).sequence, current(payment).fingerprint) == (3, fingerprint)
    assert parts(payment) == [(1, "10", 3, 4000)]


def test_approved_again_unchanged_still_points_at_the_newest(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    fingerprint = current(payment).fingerprint
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert current(payment).sequence == 1
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert (current(payment).sequence, current(payment).fingerprint) == (2, fingerprint)
    assert parts(payment) == [(1, "10", 2, 4000)]


def test_a_deposit_becomes_an_invoice_payment_when_its_invoice_is_approved(
    customer: Customer, origin: Origin
) -> None:
    pending = make_invoice("1", customer=customer, finalized=False, total=5000, origin=origin)
    payment = make_payment(invoice=pending, amount=5000, origin=origin)
    deposit = current(payment).fingerprint
    assert parts(payment) == [(1, "1", None, 5000)]
    approve_invoice(invoice=pending, reason="x", origin=origin)
    assert parts(payment) == [(1, "1", 1, 5000)]
    assert current(payment).fingerprint != deposit


def test_each_part_of_a_split_follows_its_own_invoice(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    second = make_invoice("20", customer=customer, total=5000, origin=origin)
    payment = make_payment(
        amount=9000, allocations=((second, 5000), (invoice, 3000)), origin=origin
    )
    change(invoice, 12000, origin)
    assert parts(payment) == [(1, "20", 1, 5000), (2, "10", 2, 3000)]
    assert current(payment).first_invoice == second
    assert current(payment).amount_cents == 9000


def test_a_payment_moved_away_follows_no_more(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)
    change(invoice, 12000, origin)
    assert current(payment).sequence == 2


def test_a_void_invoice_is_named_no_more(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", invoice=invoice, amount=4000, origin=origin)
    make_refund("R-1", payment=payment, amount=3999, origin=origin)
    with refused(
        "Invoice 10 cannot be voided while it holds money that has not been refunded: "
        "payment P-1 (0.01). Refund, reallocate or remove it first."
    ):
        void_invoice(invoice=invoice, note="x", origin=origin)
    make_refund("R-2", payment=payment, amount=1, origin=origin)
    named = current(payment).fingerprint
    void_invoice(invoice=invoice, note="x", origin=origin)
    assert parts(payment) == [(1, "10", None, 4000)]
    assert current(payment).reason == "Its invoice was voided."
    assert current(payment).fingerprint != named


def test_a_cancelled_invoice_is_named_no_more(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    first = make_payment("P-1", invoice=invoice, amount=4000, origin=origin)
    second = make_payment("P-2", invoice=invoice, amount=1000, origin=origin)
    third = make_payment("P-3", invoice=invoice, amount=500, origin=origin)
    with refused(
        "Invoice 10 cannot be cancelled while it holds money that has not been refunded: "
        "payment P-1 (40.00), P-2 (10.00), P-3 (5.00). Refund, reallocate or remove it "
        "first."
    ):
        cancel_invoice(invoice=invoice, reason="x", origin=origin)
    make_refund(payment=first, amount=4000, origin=origin)
    remove_payment(payment=second, note="x", origin=origin)
    reallocate_payment(payment=third, allocations=(), reason="x", origin=origin)
    cancel_invoice(invoice=invoice, reason="x", origin=origin)
    assert parts(first) == [(1, "10", None, 4000)]
    assert current(first).reason == "Its invoice was cancelled."
    assert (current(second).sequence, current(third).sequence) == (1, 2)


def test_a_refund_takes_the_unallocated_part_first(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", amount=6000, allocations=((invoice, 4000),), origin=origin)
    make_refund(payment=payment, amount=5000, origin=origin)
    with refused(
        "Invoice 10 cannot be voided while it holds money that has not been refunded: "
        "payment P-1 (10.00). Refund, reallocate or remove it first."
    ):
        void_invoice(invoice=invoice, note="x", origin=origin)


def test_a_job_that_becomes_imported_blanks_its_payments(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    job = make_job("J-1", customer=customer, origin=origin)
    payment = make_payment(invoice=invoice, amount=4000, job=job, origin=origin)
    deposit = make_payment(customer=customer, job=job, origin=origin)
    elsewhere = make_payment(invoice=invoice, amount=1000, origin=origin)
    fingerprint = current(payment).fingerprint
    make_job("J-1", customer=customer, is_imported=True, origin=origin)
    assert current(payment).is_imported
    assert current(deposit).is_imported
    assert parts(payment) == [(1, "10", None, 4000)]
    assert current(payment).fingerprint != fingerprint
    assert current(elsewhere).sequence == 1
    # An invoice that such a payment does not name no longer changes it.
    change(invoice, 12000, origin)
    assert (current(payment).sequence, current(elsewhere).sequence) == (2, 2)
    make_job("J-1", customer=customer, is_imported=False, origin=origin)
    assert parts(payment) == [(1, "10", 2, 4000)]


def test_another_department_of_the_job_freezes_nothing(customer: Customer, origin: Origin) -> None:
    job = make_job("J-1", customer=customer, origin=origin)
    payment = make_payment(job=job, origin=origin)
    make_job("J-1", customer=customer, department=make_department(origin=origin), origin=origin)
    assert current(payment).sequence == 1


def test_many_payments_take_no_more_queries_than_one(customer: Customer, origin: Origin) -> None:
    counts = []
    for size in (1, 12):
        invoice = make_invoice(customer=customer, total=10000, origin=origin)
        for _ in range(size):
            make_payment(invoice=invoice, amount=100, origin=origin)
        with CaptureQueriesContext(connection) as queries:
            change(invoice, 12000, origin)
        counts.append(len(queries))
    assert counts[0] == counts[1]
