"""`unbatched`: what the page shows, one row per line (operations.md, Commands)."""

import datetime

import pytest

from accounting.tests.factories import make_batch
from accounting.tests.management.running import run
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def test_every_kind_of_row(origin: Origin) -> None:
    hvac = make_department("HVAC", origin=origin)
    jane = make_customer(name="Jane Doe", origin=origin)
    job = make_job(customer=jane, department=hvac, origin=origin)
    sent = make_invoice("1", customer=jane, origin=origin)
    paid = make_payment("P-1", invoice=sent, origin=origin)
    make_batch(origin=origin)
    changed = make_invoice_values(21651, department=hvac)
    change_invoice(invoice=sent, values=changed, reason="Wrong.", origin=origin)
    make_invoice("2", customer=jane, job=job, department=hvac, origin=origin)
    make_payment("P-2", customer=jane, amount=20000, job=job, origin=origin)
    make_credit_memo("CM-1", invoice=sent, origin=origin)
    make_refund("R-1", payment=paid, amount=5000, origin=origin)
    netted = make_payment("P-3", customer=jane, amount=3000, origin=origin)
    make_refund("R-2", payment=netted, amount=1000, origin=origin)
    ran = run("unbatched", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.objects == [
        {
            "tab": tab,
            "kind": kind,
            "number": number,
            "date": date,
            "department": department,
            "customer": "Jane Doe",
            "amount": amount,
        }
        for tab, kind, number, date, department, amount in [
            ("invoices", "invoice_update", "1", "2026-11-02", "HVAC", "216.51"),
            ("invoices", "invoice_insert", "2", "2026-11-02", "HVAC", "150.00"),
            ("invoices", "credit_memo", "CM-1", "2026-11-10", None, "150.00"),
            ("payments", "payment_update", "P-1", "2026-11-03", "HVAC", "150.00"),
            ("payments", "payment_insert", "P-2", "2026-11-03", "HVAC", "200.00"),
            ("payments", "payment_insert", "P-3", "2026-11-03", None, "20.00"),
            ("payments", "journal", "R-1", "2026-11-05", "HVAC", "50.00"),
        ]
    ]


def numbers(*arguments: object) -> list[str]:
    return [row["number"] for row in run("unbatched", "--json", *arguments).objects]


def test_filters(origin: Origin) -> None:
    hvac = make_department("HVAC", origin=origin)
    for number, day, department in (("1", 2, hvac), ("2", 3, None), ("3", 4, hvac)):
        date = datetime.date(2026, 11, day)
        make_invoice(number, date=date, department=department, origin=origin)
    assert numbers() == ["1", "2", "3"]
    assert numbers("--from", "2026-11-03") == ["2", "3"]
    assert numbers("--to", "2026-11-03") == ["1", "2"]
    assert numbers("--from", "2026-11-03", "--to", "2026-11-03") == ["2"]
    assert numbers("--department", "HVAC") == ["1", "3"]
    assert numbers("--department", "hvac", "--to", "2026-11-02") == ["1"]
    assert numbers("--department", "none") == ["2"]


def test_a_table_for_people(origin: Origin) -> None:
    make_invoice("1", customer=make_customer(name="Ann"), total=123456, origin=origin)
    make_invoice("2" * 22, customer=make_customer(name="Bob"), origin=origin)
    header, first, blocked = run("unbatched").out.splitlines()
    assert header.split() == [
        "Tab",
        "Kind",
        "Number",
        "Date",
        "Department",
        "Customer",
        "Amount",
    ]
    assert first == (
        "invoices  invoice_insert  1             11/02/2026                    "
        "Ann                             1,234.56"
    )
    assert blocked.split()[2:] == ["2" * 22, "11/02/2026", "Bob", "150.00", "blocked"]


def test_nothing_is_unbatched() -> None:
    assert run("unbatched").out == "Nothing is unbatched.\n"
    assert run("unbatched", "--json").out == ""


def test_a_department_that_is_not_there_is_a_usage_error() -> None:
    ran = run("unbatched", "--department", "Roofing")
    assert (ran.code, ran.out, ran.err) == (2, "", "There is no department “Roofing”.")


def test_dates_the_wrong_way_round_are_a_usage_error() -> None:
    ran = run("unbatched", "--from", "2026-11-03", "--to", "2026-11-02")
    assert (ran.code, ran.err) == (2, "--from is later than --to, so nothing can match.")


def test_who_may_not_see_unbatched_may_not_by_command(origin: Origin) -> None:
    make_invoice(origin=origin)
    office = make_user("Office", username="olga")
    ran = run("unbatched", "--user", office.username)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(
        "olga isn't allowed to do this (it requires accounting.view_unbatched)."
    )
