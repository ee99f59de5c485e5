"""Changing and reallocating payments: the next revision, and each refusal (§2, §7)."""

import datetime
from dataclasses import replace

import pytest

from invoices.models import Customer, Invoice
from invoices.services.invoices import cancel_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_job,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from payments.balances import open_cents
from payments.models import Payment
from payments.services.payments import (
    PaymentValues,
    change_payment,
    payment_values,
    reallocate_payment,
    remove_payment,
)
from payments.signals import payments_frozen
from payments.tests.factories import make_payment, make_refund
from payments.tests.readings import current, parts
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

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


def test_a_change_is_the_next_revision_and_the_last_one_stays(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    first = current(payment)
    values = replace(
        payment_values(payment), date=datetime.date(2026, 11, 4), method="check", reference="77"
    )
    with signals_sent(payments_frozen) as sent:
        change(payment, values, origin, is_settled=False, reason="typo", fed_digest="d2")
    revision = current(payment)
    assert sent == [(payments_frozen, {"revisions": [revision], "origin": origin})]
    assert (revision.sequence, revision.date, revision.method, revision.reference) == (
        2,
        datetime.date(2026, 11, 4),
        "check",
        "77",
    )
    assert (revision.reason, payment.is_settled, payment.fed_digest) == ("typo", False, "d2")
    assert parts(payment) == [(1, "10", 1, 4000)]
    first.refresh_from_db()
    assert (first.sequence, first.method) == (1, "card")
    event = audit.events_of(payment)[0]
    assert (event.action, event.note) == ("payment.changed", "typo")
    assert event.before == {
        "date": "2026-11-03",
        "method": "card",
        "reference": "4242",
        "is_settled": True,
    }
    assert event.after == {
        "date": "2026-11-04",
        "method": "check",
        "reference": "77",
        "is_settled": False,
    }
    with unchanging():
        change(payment, values, origin, is_settled=False, reason="")


def test_a_payment_settles_without_a_revision(origin: Origin) -> None:
    payment = make_payment(is_settled=False, origin=origin)
    change(payment, payment_values(payment), origin)
    assert current(payment).sequence == 1
    assert payment.is_settled
    event = audit.events_of(payment)[0]
    assert (event.before, event.after) == ({"is_settled": False}, {"is_settled": True})


def test_a_change_needs_a_reason_and_a_payment_that_is_there(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, amount=4000, origin=origin)
    values = replace(payment_values(payment), memo="changed")
    with refused("Enter a reason."):
        change(payment, values, origin, reason="")
    with refused("Enter a reason."):
        reallocate_payment(payment=payment, allocations=(), reason=" ", origin=origin)
    remove_payment(payment=payment, note="entered twice", origin=origin)
    with refused("Payment P-1 was removed and can't be changed."):
        change(payment, values, origin)
    with refused("Payment P-1 was removed and can't be changed."):
        reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_only_admins_change_payments(role: str, invoice: Invoice) -> None:
    payment = make_payment(invoice=invoice, amount=4000)
    origin = make_origin(role)
    message = (
        f"{origin.user} isn't allowed to do this (it requires payments.reallocate_payment). "
        "Ask your company's admin."
    )
    with refused(message, error=NotAllowed):
        change(payment, replace(payment_values(payment), memo="changed"), origin)
    with refused(message, error=NotAllowed):
        reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)


def test_a_deposit_is_allocated_then_moved(
    invoice: Invoice, second: Invoice, customer: Customer, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, amount=15000, origin=origin)
    deposit = current(payment).fingerprint
    reallocate_payment(
        payment=payment, allocations=((invoice, 10000),), reason="job done", origin=origin
    )
    assert parts(payment) == [(1, "10", 1, 10000)]
    assert current(payment).fingerprint != deposit
    event = audit.events_of(payment)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "payment.reallocated",
        {"allocations": []},
        {"allocations": [["10", 10000]]},
        "job done",
    )
    reallocate_payment(
        payment=payment, allocations=((second, 9000), (invoice, 6000)), reason="x", origin=origin
    )
    assert parts(payment) == [(1, "20", 1, 9000), (2, "10", 1, 6000)]
    assert current(payment).first_invoice == second
    assert (open_cents(invoice), open_cents(second)) == (4000, 1000)
    with unchanging():
        reallocate_payment(
            payment=payment, allocations=((second, 9000), (invoice, 6000)), reason="", origin=origin
        )
    reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)
    assert current(payment).fingerprint == deposit
    with refused("The allocations, 200.00, exceed the payment, 150.00."):
        reallocate_payment(
            payment=payment,
            allocations=((second, 10000), (invoice, 10000)),
            reason="x",
            origin=origin,
        )


def test_the_same_rules_hold_as_for_a_new_payment(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, amount=15000, origin=origin)
    strange = make_invoice("30", origin=origin)
    values = payment_values(payment)
    with refused("Invoice 30 belongs to another customer, not to Jane Doe (C-1001)."):
        change(payment, replace(values, allocations=((strange, 1),)), origin)
    with refused("Invoice 30 belongs to another customer, not to Jane Doe (C-1001)."):
        reallocate_payment(payment=payment, allocations=((strange, 1),), reason="x", origin=origin)
    with refused("An invoice appears twice: a payment has one allocation per invoice."):
        reallocate_payment(
            payment=payment, allocations=((invoice, 1), (invoice, 2)), reason="x", origin=origin
        )
    with refused("100.01 is more than the 100.00 open on invoice 10."):
        change(payment, replace(values, allocations=((invoice, 10001),)), origin)
    cancel_invoice(invoice=invoice, reason="x", origin=origin)
    with refused("Invoice 10 is cancelled: no payment can be allocated to it."):
        change(payment, replace(values, allocations=((invoice, 1),)), origin)


# Refunds made


def test_a_change_does_not_contradict_the_refunds(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", invoice=invoice, amount=9000, origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    values = replace(payment_values(payment), allocations=())
    with refused("40.00 of payment P-1 has been refunded, so its amount can't be less."):
        change(payment, replace(values, amount_cents=3999), origin)
    with refused("Refund R-1 of payment P-1 is dated 11/05/2026: the payment cannot be later."):
        change(payment, replace(values, date=datetime.date(2026, 11, 6)), origin)
    with refused("Payment P-1 has not settled: it cannot be refunded, only removed in full."):
        change(payment, values, origin, is_settled=False)
    change(
        payment,
        replace(values, amount_cents=4000, date=datetime.date(2026, 11, 5), method="cash"),
        origin,
        is_settled=False,
    )
    assert current(payment).amount_cents == 4000


# Jobs


def test_moving_to_an_imported_job_blanks_the_rows(
    invoice: Invoice, customer: Customer, origin: Origin
) -> None:
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    named = current(payment).fingerprint
    job = make_job(customer=customer, is_imported=True, origin=origin)
    change(payment, replace(payment_values(payment), job=job), origin)
    assert current(payment).is_imported
    assert current(payment).fingerprint != named
    assert parts(payment) == [(1, "10", None, 4000)]
