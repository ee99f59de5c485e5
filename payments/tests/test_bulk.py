"""Many payments at once: what take_payment of each would do, in as many statements."""

import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from invoices.models import Invoice
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from invoices.services.invoices import void_invoice
from invoices.services.parties import save_job
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.models import Allocation, Payment, PaymentRevision
from payments.services.bulk import NewPayment, take_payments
from payments.services.payments import take_payment
from payments.tests.factories import make_payment, make_payment_values
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


def entry(number: str, invoice: Invoice, cents: int, *, amount: int | None = None) -> NewPayment:
    return NewPayment(
        number=number,
        customer=invoice.customer,
        values=make_payment_values(amount or cents, allocations=((invoice, cents),)),
        fed_digest=f"digest of {number}",
        source=f"march.jsonl:{number}",
    )


def rows() -> list[tuple[object, ...]]:
    """The contents of the payments, without keys and times."""
    revisions = PaymentRevision.objects.order_by("payment__number").values_list(
        "payment__number",
        "sequence",
        "amount_cents",
        "fingerprint",
        "first_invoice__number",
        "is_imported",
    )
    allocations = Allocation.objects.order_by("revision__payment__number", "position").values_list(
        "position", "invoice__number", "invoice_revision__sequence", "amount_cents"
    )
    return [*revisions, *allocations]


def test_together_they_are_as_one_by_one() -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    invoice = make_invoice("1", customer=customer, total=10000, origin=origin)
    pending = make_invoice("2", customer=customer, finalized=False, origin=origin)
    imported = make_job("J-1", customer=customer, is_imported=True, origin=origin)
    entries = [
        entry("A", invoice, 4000, amount=5000),
        entry("B", invoice, 6000),
        entry("C", pending, 100),
        NewPayment(number="D", customer=customer, values=make_payment_values(700, job=imported)),
    ]
    with transaction.atomic():
        for one in entries:
            take_payment(
                number=one.number,
                customer=one.customer,
                values=one.values,
                is_settled=one.is_settled,
                origin=origin,
            )
        alone = rows()
        transaction.set_rollback(True)
    taken = take_payments(entries=entries, origin=origin)
    assert rows() == alone
    assert [payment.number for payment in taken] == ["A", "B", "C", "D"]
    assert [payment.fed_digest for payment in taken[:2]] == ["digest of A", "digest of B"]
    sources = PaymentRevision.objects.order_by("id").values_list("source", flat=True)
    assert list(sources) == ["march.jsonl:A", "march.jsonl:B", "march.jsonl:C", ""]
    assert not Payment.objects.filter(current_revision__isnull=True).exists()
    assert AuditEvent.objects.filter(action="payment.taken").count() == 4


def test_as_many_statements_for_three_as_for_twelve() -> None:
    origin = make_origin(channel="feed")
    invoices = [make_invoice(total=10000, origin=origin) for _ in range(15)]
    counts = []
    for few in (invoices[:3], invoices[3:]):
        entries = [entry(f"P{one.pk}", one, 10000) for one in few]
        with CaptureQueriesContext(connection) as queries:
            take_payments(entries=entries, origin=origin)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_each_sees_what_those_before_it_left_open() -> None:
    origin = make_origin()
    invoice = make_invoice("1", total=10000, origin=origin)
    make_payment(invoice=invoice, amount=2000, origin=origin)
    with refused("50.01 is more than the 50.00 open on invoice 1."):
        take_payments(entries=[entry("A", invoice, 3000), entry("B", invoice, 5001)], origin=origin)


def test_what_take_payment_refuses_is_refused_as_a_whole() -> None:
    origin = make_origin()
    invoice = make_invoice("1", total=10000, origin=origin)
    other = make_invoice("2", total=10000, origin=origin)
    good = entry("A", invoice, 100)
    foreign = NewPayment(
        number="B",
        customer=invoice.customer,
        values=make_payment_values(100, allocations=((other, 100),)),
    )
    twice = NewPayment(
        number="B",
        customer=invoice.customer,
        values=make_payment_values(200, allocations=((invoice, 100), (invoice, 100))),
    )
    with refused(f"Invoice 2 belongs to another customer, not to {invoice.customer}."):
        take_payments(entries=[good, foreign], origin=origin)
    with refused("An invoice appears twice: a payment has one allocation per invoice."):
        take_payments(entries=[good, twice], origin=origin)
    with refused("A number appears twice among the payments."):
        take_payments(entries=[good, good], origin=origin)


def test_a_closed_invoice_takes_no_payment() -> None:
    origin = make_origin()
    invoice = make_invoice("1", origin=origin)
    void_invoice(invoice=invoice, note="Wrong.", origin=origin)
    with refused("Invoice 1 is void: no payment can be allocated to it."):
        take_payments(entries=[entry("A", invoice, 100)], origin=origin)


def test_a_number_in_use_is_refused() -> None:
    origin = make_origin()
    invoice = make_invoice(origin=origin)
    take_payment(
        number="A",
        customer=invoice.customer,
        values=make_payment_values(1, date=datetime.date(2026, 11, 1)),
        is_settled=True,
        origin=origin,
    )
    with refused("Payment A already exists."):
        take_payments(entries=[entry("a", invoice, 100)], origin=origin)


def test_somebody_without_the_permission_is_refused() -> None:
    invoice = make_invoice()
    origin = make_origin("")
    message = (
        f"{origin.user} isn't allowed to do this (it requires payments.take_payment). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        take_payments(entries=[entry("A", invoice, 100)], origin=origin)


def test_more_than_a_thousand_at_once() -> None:
    """SQLite refuses an expression of a thousand terms, which prefetching a thousand rows needs."""
    origin = make_origin()
    customer = make_customer(origin=origin)
    job = make_job("J-1", customer=customer, origin=origin)
    numbers = [str(number) for number in range(1, 1102)]
    values = make_invoice_values(100)
    invoices = create_finalized_invoices(
        entries=[NewInvoice(number=number, customer=customer, values=values) for number in numbers],
        origin=origin,
    )
    take_payments(
        entries=[
            NewPayment(
                number=invoice.number,
                customer=customer,
                values=make_payment_values(100, job=job, allocations=((invoice, 100),)),
            )
            for invoice in invoices
        ],
        origin=origin,
    )
    assert Allocation.objects.filter(invoice_revision__isnull=False).count() == 1101
    save_job(number="J-1", customer=customer, department=None, is_imported=True, origin=origin)
    refrozen = PaymentRevision.objects.filter(sequence=2, is_imported=True)
    assert refrozen.count() == 1101
    assert not refrozen.filter(allocations__invoice_revision__isnull=False).exists()
