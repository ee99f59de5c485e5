"""Runs of new documents are created together, with the same result as one by one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feed.tests.feeding import BASE, LINE, Content, customer, feed, invoice, job, payment
from invoices.models import Customer, Invoice, InvoiceLine, InvoiceRevision, Job
from invoices.tests.factories import make_origin
from payments.models import Allocation, Payment, PaymentRevision

pytestmark = pytest.mark.django_db

NEGATIVE = invoice("bad", tax=None, lines=[{**LINE, "amount": "-0.01"}])


def new_invoices(first: int, count: int, **changes: Any) -> list[Content]:
    return [invoice(str(number), **changes) for number in range(first, first + count)]


def test_a_run_takes_as_many_statements_whatever_its_length() -> None:
    origin = make_origin()
    # The catalogue knows the names of the lines from here on.
    feed(*BASE, *new_invoices(0, 1), origin=origin)
    with CaptureQueriesContext(connection) as few:
        assert feed(*new_invoices(1, 2), origin=origin).counts == (2, 0, 0, 0)
    with CaptureQueriesContext(connection) as many:
        assert feed(*new_invoices(3, 20), origin=origin).counts == (20, 0, 0, 0)
    assert len(few) == len(many)


def test_each_revision_of_a_run_has_its_own_line_as_its_source() -> None:
    feed(*BASE, *new_invoices(1, 3))
    found = InvoiceRevision.objects.order_by("id").values_list("invoice__number", "source")
    assert list(found) == [
        ("1", "march.jsonl:4"),
        ("2", "march.jsonl:5"),
        ("3", "march.jsonl:6"),
    ]
    assert set(InvoiceLine.objects.values_list("position", "amount_cents")) == {(1, 15000)}


@pytest.mark.parametrize("place", [0, 1, 6, 12])
def test_one_bad_line_anywhere_in_a_run_is_refused_alone(place: int) -> None:
    records = new_invoices(1, 12)
    records.insert(place, NEGATIVE)
    fed = feed(*BASE, *records)
    assert fed.counts == (15, 0, 0, 1)
    assert fed.problem == (
        4 + place,
        "record",
        "The total would be -0.01; it cannot be negative.",
    )
    assert Invoice.objects.filter(status="finalized").count() == 12


def test_problems_of_a_run_come_in_the_order_of_their_lines() -> None:
    fed = feed(
        *BASE,
        invoice("1"),
        invoice("2", job="J-9"),
        invoice("3"),
        NEGATIVE,
        b"{",
        invoice("4", customer="C-9"),
        invoice("5"),
    )
    assert [(problem.line, problem.field) for problem in fed.problems] == [
        (5, "job"),
        (7, "record"),
        (8, "line"),
        (9, "customer"),
    ]
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["1", "3", "5"]


def test_the_same_number_again_in_a_run_is_the_same_invoice() -> None:
    fed = feed(*BASE, *new_invoices(1, 3), invoice("2", tax=None), invoice("2", tax=None))
    assert fed.counts == (6, 1, 1, 0)
    newest = Invoice.objects.get(number="2").current_revision
    assert newest is not None
    assert (newest.sequence, newest.total_cents) == (2, 15000)


def test_numbers_that_differ_by_case_only_are_refused_within_a_run() -> None:
    fed = feed(*BASE, invoice("a-1"), invoice("b-1"), invoice("A-1"), invoice("é"), invoice("e"))
    assert fed.problem == (
        6,
        "record",
        "Invoice a-1 already exists, and A-1 differs from it only in case.",
    )
    assert Invoice.objects.count() == 4


def test_pending_invoices_between_do_not_break_a_run() -> None:
    fed = feed(*BASE, invoice("1"), invoice("2", status="pending"), invoice("3"))
    assert fed.counts == (6, 0, 0, 0)
    assert list(Invoice.objects.order_by("number").values_list("status", flat=True)) == [
        "finalized",
        "pending",
        "finalized",
    ]


def test_atomic_names_the_first_bad_line_of_a_run() -> None:
    fed = feed(*BASE, *new_invoices(1, 5), NEGATIVE, *new_invoices(6, 5), atomic=True)
    assert fed.counts == (0, 0, 0, 1)
    assert fed.problem[0] == 9
    assert not Invoice.objects.exists()


def paid(number: str, *, cents: str = "162.38") -> Content:
    """A payment of the invoice of the same number."""
    allocations = [{"invoice": number, "amount": cents}]
    return payment(f"P-{number}", amount=cents, allocations=allocations)


def test_invoices_and_their_payments_may_alternate_in_a_run() -> None:
    origin = make_origin()
    feed(*BASE, *new_invoices(0, 1), origin=origin)
    statements = []
    for numbers in (range(1, 3), range(3, 13)):
        records = [
            record for number in map(str, numbers) for record in (invoice(number), paid(number))
        ]
        with CaptureQueriesContext(connection) as queries:
            assert feed(*records, origin=origin).counts == (2 * len(numbers), 0, 0, 0)
        statements.append(len(queries))
    assert statements[0] == statements[1]
    found = PaymentRevision.objects.order_by("id").values_list("source", flat=True)
    assert list(found)[:3] == ["march.jsonl:2", "march.jsonl:4", "march.jsonl:2"]
    assert not Allocation.objects.filter(invoice_revision__isnull=True).exists()


def test_a_payment_does_not_name_an_invoice_of_a_later_line() -> None:
    fed = feed(*BASE, invoice("1"), paid("2"), invoice("2"), paid("1"))
    assert fed.counts == (6, 0, 0, 1)
    assert fed.problem == (
        5,
        "allocations[0].invoice",
        "there is no invoice “2”; send it on an earlier line, or correct this",
    )


def test_a_payment_of_a_refused_invoice_is_refused_with_it() -> None:
    fed = feed(*BASE, invoice("1"), NEGATIVE, paid("bad", cents="1.00"), paid("1"))
    assert fed.counts == (5, 0, 0, 2)
    assert [(problem.line, problem.field) for problem in fed.problems] == [
        (5, "record"),
        (6, "allocations[0].invoice"),
    ]


def test_payments_of_a_run_see_what_those_before_them_left_open() -> None:
    again = [{**paid("1", cents="100.00"), "number": f"P-{number}"} for number in range(3)]
    fed = feed(*BASE, invoice("1"), *again)
    assert [(problem.line, problem.reason) for problem in fed.problems] == [
        (6, "100.00 is more than the 62.38 open on invoice 1."),
        (7, "100.00 is more than the 62.38 open on invoice 1."),
    ]


def test_the_same_payment_again_in_a_run_is_a_change() -> None:
    other = {**paid("1"), "memo": "Once more"}
    assert feed(*BASE, invoice("1"), paid("1"), other, other).counts == (5, 1, 1, 0)
    newest = Payment.objects.get().current_revision
    assert newest is not None
    assert (newest.sequence, newest.memo) == (2, "Once more")


def visit(number: str) -> list[Content]:
    """A new customer with a job, an invoice on it, and its payment."""
    return [
        customer(f"C-{number}", name=f"Customer {number}"),
        job(f"J-{number}", customer=f"C-{number}"),
        invoice(number, customer=f"C-{number}", job=f"J-{number}"),
        {**paid(number), "customer": f"C-{number}", "job": f"J-{number}"},
    ]


def test_customers_and_jobs_go_along_with_their_invoices() -> None:
    origin = make_origin()
    feed(*BASE, *new_invoices(0, 1), origin=origin)
    statements = []
    for numbers in (range(1, 3), range(3, 13)):
        records = [record for number in map(str, numbers) for record in visit(number)]
        with CaptureQueriesContext(connection) as queries:
            assert feed(*records, origin=origin).counts == (4 * len(numbers), 0, 0, 0)
        statements.append(len(queries))
    assert statements[0] == statements[1]
    found = Invoice.objects.get(number="12")
    assert found.customer.accounting_key == "Customer 12"
    assert found.current_revision is not None
    assert found.current_revision.job == Job.objects.get(number="J-12")
    assert Payment.objects.get(number="P-12").customer == found.customer


def test_records_that_were_fed_before_do_not_end_a_run() -> None:
    origin = make_origin()
    feed(*BASE, *new_invoices(0, 1), origin=origin)
    with CaptureQueriesContext(connection) as queries:
        feed(*visit("1"), *visit("2"), origin=origin)
    repeated = [record for number in "345" for record in (*BASE, *visit(number))]
    with CaptureQueriesContext(connection) as with_repeated:
        assert feed(*repeated, origin=origin).counts == (12, 0, 9, 0)
    # One more: the department is looked up.
    assert len(with_repeated) <= len(queries) + 1


@pytest.mark.parametrize("place", range(5))
def test_a_customer_refused_in_a_run_takes_its_own_documents_along_alone(place: int) -> None:
    visits = [visit(str(number)) for number in range(1, 5)]
    taken = customer("C-bad", name="Another", accounting_key="jane doe")
    visits.insert(place, [taken, job("J-bad", customer="C-bad")])
    fed = feed(*BASE, *(record for each in visits for record in each))
    assert fed.counts == (len(BASE) + 16, 0, 0, 2)
    line = len(BASE) + 4 * place + 1
    assert [(problem.line, problem.field) for problem in fed.problems] == [
        (line, "record"),
        (line + 1, "customer"),
    ]


def test_customers_of_one_name_in_a_run_get_the_next_free_keys() -> None:
    fed = feed(
        *BASE,
        customer("C-1"),
        customer("C-2", name="New Name"),
        customer("C-3", name="NEW NAME"),
        customer("C-4", accounting_key="Jane Doe 3"),
        customer("C-5"),
        *(customer(f"C-1{number}") for number in range(6)),
    )
    assert fed.counts == (len(BASE) + 11, 0, 0, 0)
    keys = Customer.objects.order_by("pk").values_list("accounting_key", flat=True)
    assert list(keys) == [
        "Jane Doe",
        "Jane Doe 2",
        "New Name",
        "NEW NAME 2",
        "Jane Doe 3",
        *(f"Jane Doe {number}" for number in range(4, 11)),
    ]


def test_a_key_that_a_customer_before_in_the_run_took_is_refused() -> None:
    fed = feed(*BASE, customer("C-1"), customer("C-2", accounting_key="jane doe 2"), invoice("1"))
    assert fed.counts == (len(BASE) + 2, 0, 0, 1)
    assert fed.problem[:2] == (5, "record")
    assert "“Jane Doe 2” belongs to customer" in fed.problem[2]


def test_a_job_does_not_name_a_customer_of_a_later_line() -> None:
    fed = feed(*BASE, job("J-1", customer="C-1"), customer("C-1"), job("J-2", customer="C-1"))
    assert fed.counts == (len(BASE) + 2, 0, 0, 1)
    assert fed.problem[:2] == (4, "customer")
