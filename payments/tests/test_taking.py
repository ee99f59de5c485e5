"""Taking a payment: valid allocations, and what is frozen (domain.md §2, §3, §7)."""

import datetime
from dataclasses import replace

import pytest

from invoices.models import Customer, Invoice
from invoices.services.invoices import cancel_invoice, unlock_invoice, void_invoice
from invoices.tests.factories import make_customer, make_invoice, make_job, make_origin
from invoices.tests.signal_log import signals_sent
from payments.balances import open_cents
from payments.services.payments import PaymentValues, take_payment
from payments.signals import payments_frozen
from payments.tests.factories import make_payment, make_payment_values, make_refund
from payments.tests.readings import current, parts
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
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
    return make_invoice("10023", customer=customer, total=16238, origin=origin)


def test_an_invoice_payment(customer: Customer, invoice: Invoice, origin: Origin) -> None:
    job = make_job("J-55", customer=customer, origin=origin)
    values = make_payment_values(16238, job=job, memo="front desk", allocations=((invoice, 16238),))
    with signals_sent(payments_frozen) as sent:
        payment = take_payment(
            number="P-900",
            customer=customer,
            values=values,
            is_settled=False,
            origin=origin,
            fed_digest="d1",
        )
    revision = current(payment)
    assert sent == [(payments_frozen, {"revisions": [revision], "origin": origin})]
    assert (payment.number, payment.customer, payment.state, payment.is_settled) == (
        "P-900",
        customer,
        "active",
        False,
    )
    assert payment.fed_digest == "d1"
    assert (
        revision.sequence,
        revision.job,
        revision.date,
        revision.method,
        revision.reference,
        revision.memo,
        revision.amount_cents,
        revision.is_imported,
        revision.first_invoice,
        revision.frozen_by,
    ) == (
        1,
        job,
        datetime.date(2026, 11, 3),
        "card",
        "4242",
        "front desk",
        16238,
        False,
        invoice,
        origin.user,
    )
    assert parts(payment) == [(1, "10023", 1, 16238)]
    event = audit.events_of(payment).get()
    assert (event.action, event.before) == ("payment.taken", {})
    assert event.after == {
        "job": "J-55",
        "date": "2026-11-03",
        "method": "card",
        "reference": "4242",
        "memo": "front desk",
        "amount_cents": 16238,
        "is_settled": False,
        "allocations": [["10023", 16238]],
    }


def test_a_deposit_has_no_allocation(origin: Origin) -> None:
    payment = make_payment(amount=5000, origin=origin)
    assert parts(payment) == []
    assert current(payment).first_invoice is None


def test_a_split_keeps_its_order(customer: Customer, invoice: Invoice, origin: Origin) -> None:
    second = make_invoice("10022", customer=customer, total=5000, origin=origin)
    payment = make_payment(amount=21000, allocations=((invoice, 16000), (second, 4000)))
    assert parts(payment) == [(1, "10023", 1, 16000), (2, "10022", 1, 4000)]
    assert current(payment).first_invoice == invoice


def test_a_zero_payment_can_be_taken(origin: Origin) -> None:
    payment = make_payment(customer=make_customer(origin=origin), amount=0, origin=origin)
    assert current(payment).amount_cents == 0


def test_an_invoice_never_finalized_has_no_row_of_its_own(
    customer: Customer, origin: Origin
) -> None:
    pending = make_invoice("1", customer=customer, total=5000, finalized=False, origin=origin)
    payment = make_payment(invoice=pending, amount=5000, origin=origin)
    assert parts(payment) == [(1, "1", None, 5000)]
    deposit = make_payment(customer=customer, amount=5000, origin=origin)
    assert current(payment).fingerprint == current(deposit).fingerprint


def test_an_invoice_only_unlocked_keeps_its_number(invoice: Invoice, origin: Origin) -> None:
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    payment = make_payment(invoice=invoice, amount=5000, origin=origin)
    assert parts(payment) == [(1, "10023", 1, 5000)]


def test_on_an_imported_job_nothing_is_named(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    job = make_job(customer=customer, is_imported=True, origin=origin)
    payment = make_payment(invoice=invoice, amount=5000, job=job, origin=origin)
    assert current(payment).is_imported
    assert parts(payment) == [(1, "10023", None, 5000)]


def test_everybody_with_a_role_takes_payments(invoice: Invoice) -> None:
    make_payment("P-1", invoice=invoice, amount=1, origin=make_origin("Office"))
    origin = make_origin("")
    with refused(
        f"{origin.user} isn't allowed to do this (it requires payments.take_payment). Ask "
        "your company's admin.",
        error=NotAllowed,
    ):
        make_payment("P-2", invoice=invoice, amount=1, origin=origin)


def test_a_feed_writes_no_audit_row(invoice: Invoice) -> None:
    events = AuditEvent.objects.count()
    feed = make_origin(channel="feed", source="march.jsonl:7")
    payment = make_payment(invoice=invoice, origin=feed)
    assert AuditEvent.objects.count() == events
    assert current(payment).source == "march.jsonl:7"


def test_what_no_payment_can_be(customer: Customer, invoice: Invoice, origin: Origin) -> None:
    make_payment("P-900", customer=customer, origin=origin)
    pay = make_payment_values(16238)

    def refuse(message: str, values: PaymentValues, number: str = "P-1") -> None:
        with refused(message):
            take_payment(
                number=number, customer=customer, values=values, is_settled=True, origin=origin
            )

    refuse("Payment P-900 already exists.", pay, "P-900")
    refuse("Payment P-900 already exists, and p-900 differs from it only in case.", pay, "p-900")
    refuse("“paypal” isn't a payment method.", replace(pay, method="paypal"))
    refuse(
        "A payment can't be -0.01: it must be 0.00 or more, with at most ten digits.",
        replace(pay, amount_cents=-1),
    )
    refuse(
        "A payment can't be 100,000,000.00: it must be 0.00 or more, with at most ten digits.",
        replace(pay, amount_cents=10_000_000_000),
    )
    refuse(
        "The reference has 256 characters; the limit is 255.",
        replace(pay, reference="4" * 256),
    )
    refuse(
        "The memo contains a control character, which no workbook can carry.",
        replace(pay, memo="\x07"),
    )
    other = make_customer("C-2", name="Birch LLC", origin=origin)
    refuse(
        "Job J-9 belongs to another customer, not to Jane Doe (C-1001).",
        replace(pay, job=make_job("J-9", customer=other, origin=origin)),
    )
    strange = make_invoice("9", customer=other, origin=origin)
    refuse(
        "Invoice 9 belongs to another customer, not to Jane Doe (C-1001).",
        replace(pay, allocations=((strange, 100),)),
    )
    refuse(
        "An invoice appears twice: a payment has one allocation per invoice.",
        replace(pay, allocations=((invoice, 100), (invoice, 100))),
    )
    refuse(
        "The allocation to invoice 10023 must be above 0.00.",
        replace(pay, allocations=((invoice, 0),)),
    )
    refuse(
        "The allocation to invoice 10023 must be above 0.00.",
        replace(pay, allocations=((invoice, -5),)),
    )
    refuse(
        "The allocations, 162.38, exceed the payment, 162.37.",
        replace(pay, amount_cents=16237, allocations=((invoice, 16238),)),
    )
    refuse(
        "162.39 is more than the 162.38 open on invoice 10023.",
        replace(pay, amount_cents=16239, allocations=((invoice, 16239),)),
    )


def test_what_others_left_open_can_be_paid_and_not_a_cent_more(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_payment(invoice=invoice, amount=16000, origin=origin)
    with refused("2.39 is more than the 2.38 open on invoice 10023."):
        make_payment("P-1", invoice=invoice, amount=239, origin=origin)
    make_payment(invoice=invoice, amount=238, origin=origin)
    assert open_cents(invoice) == 0
    with refused("0.01 is more than the 0.00 open on invoice 10023."):
        make_payment("P-1", invoice=invoice, amount=1, origin=origin)
    # A refund increases the open balance again.
    make_refund(payment=first, amount=500, origin=origin)
    make_payment(invoice=invoice, amount=500, origin=origin)
    assert open_cents(invoice) == 0


def test_a_pending_invoice_takes_what_its_draft_says(customer: Customer, origin: Origin) -> None:
    pending = make_invoice("1", customer=customer, total=5000, finalized=False, origin=origin)
    with refused("50.01 is more than the 50.00 open on invoice 1."):
        make_payment("P-1", invoice=pending, amount=5001, origin=origin)


def test_a_closed_invoice_takes_nothing(customer: Customer, origin: Origin) -> None:
    void = make_invoice("1", customer=customer, origin=origin)
    void_invoice(invoice=void, note="x", origin=origin)
    with refused("Invoice 1 is void: no payment can be allocated to it."):
        make_payment("P-1", invoice=void, amount=1, origin=origin)
    cancelled = make_invoice("2", customer=customer, finalized=False, origin=origin)
    cancel_invoice(invoice=cancelled, reason="x", origin=origin)
    with refused("Invoice 2 is cancelled: no payment can be allocated to it."):
        make_payment("P-1", invoice=cancelled, amount=1, origin=origin)
