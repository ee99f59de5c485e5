"""The lists of invoices and payments: filters, order, totals and CSV."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounting.sweep import prune_settled_payments
from accounting.tests.factories import make_batch
from backoffice.lists.filters import DocumentFilters
from backoffice.lists.invoices import RELATED, SORTS, list_invoices
from backoffice.lists.listing import PagedRows, in_order
from invoices.models import Customer, Invoice
from invoices.services.invoices import change_invoice, hold_invoice, void_invoice
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_origin,
    make_user,
)
from payments.services.payments import remove_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent
from sera_batching.tables import Sorting

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def numbers(client: Client, url: str) -> list[str]:
    page = client.get(url).context["page"]
    return [str(getattr(row, row._meta.pk.name).number) for row in page]


def csv_of(client: Client, url: str) -> list[str]:
    response: Any = client.get(url)
    return b"".join(response.streaming_content).decode("utf-8-sig").splitlines()


def test_invoices_are_narrowed_by_how_they_stand_in_the_books(office: Client) -> None:
    make_invoice("SENT")
    make_batch()
    make_invoice("NEW")
    held = make_invoice("HELD")
    hold_invoice(invoice=held, note="Wait", origin=make_origin())
    assert numbers(office, "/invoices/?books=in") == ["SENT"]
    assert numbers(office, "/invoices/?books=not-in") == ["HELD", "NEW"]
    assert numbers(office, "/invoices/?books=unbatched") == ["NEW"]
    assert numbers(office, "/invoices/?books=changed") == []
    assert numbers(office, "/invoices/?books=held") == ["HELD"]


def test_invoices_are_narrowed_by_date_department_and_customer(office: Client) -> None:
    department = make_department("HVAC")
    jane = make_customer(name="Jane Doe")
    make_invoice("1", date=datetime.date(2026, 11, 2), department=department, customer=jane)
    make_invoice("2", date=datetime.date(2026, 11, 3))
    assert numbers(office, "/invoices/?from=2026-11-03") == ["2"]
    assert numbers(office, "/invoices/?to=2026-11-02") == ["1"]
    assert numbers(office, f"/invoices/?department={department.pk}") == ["1"]
    assert numbers(office, f"/invoices/?customer={jane.number}") == ["1"]


def test_what_refunds_leave_of_a_payment_fills_its_invoices_in_order(office: Client) -> None:
    jane = make_customer(name="Jane Doe")
    first = make_invoice("1", total=10000, customer=jane)
    second = make_invoice("2", total=10000, customer=jane)
    payment = make_payment("P", allocations=((first, 10000), (second, 10000)))
    assert numbers(office, "/invoices/?balance=open") == []
    make_refund(payment=payment, amount=2500)
    response = office.get("/invoices/?balance=open")
    page = response.context["page"]
    assert [(row.invoice.number, row.open_cents) for row in page] == [("2", 2500)]
    assert response.context["totals"].amount_cents == 10000
    assert response.context["totals"].open_cents == 2500


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("number", ["A", "B"]), ("-number", ["B", "A"]), ("total", ["B", "A"]), ("-date", ["A", "B"])],
)
def test_a_column_sorts(office: Client, sort: str, expected: list[str]) -> None:
    make_invoice("A", total=200, date=datetime.date(2026, 11, 3))
    make_invoice("B", total=100, date=datetime.date(2026, 11, 2))
    response = office.get(f"/invoices/?sort={sort}")
    assert [row.invoice.number for row in response.context["page"]] == expected
    direction = "descending" if sort.startswith("-") else "ascending"
    assert f'aria-sort="{direction}"' in response.content.decode()


def test_every_column_of_both_lists_sorts(office: Client) -> None:
    make_payment("P")
    make_invoice("I")
    for url in ("/invoices/", "/payments/"):
        for header in office.get(url).context["headers"]:
            response = office.get(f"{url}?sort={header.key}")
            assert response.context["sorting"].text == header.key
            assert response.context["problems"] == []


def test_the_csv_has_the_list_and_no_formula(office: Client) -> None:
    make_invoice("1", total=12000, customer=make_customer(name="=cmd()"))
    make_invoice("2", finalized=False)
    assert csv_of(office, "/invoices/csv/?status=finalized") == [
        "Number,Date,Customer,Department,Status,Total,Open",
        "1,2026-11-02,'=cmd(),,Finalized,120.00,120.00",
    ]


def test_the_csv_of_payments(office: Client) -> None:
    invoice = make_invoice("1", total=10000)
    make_payment("P", allocations=((invoice, 10000),))
    lines = csv_of(office, "/payments/csv/")
    assert len(lines) == 2
    assert lines[0].startswith("Number,Date,Customer")
    assert lines[1].startswith("P,")
    assert lines[1].endswith(",Active,100.00,0.00")


@pytest.mark.parametrize("query", ["books=x", "from=x", "department=99", "customer=x", "balance=x"])
@pytest.mark.parametrize("url", ["/invoices/", "/payments/"])
def test_nonsense_shows_everything_with_a_message(office: Client, url: str, query: str) -> None:
    response = office.get(f"{url}?{query}")
    assert response.status_code == 200
    assert len(response.context["problems"]) == 1


@pytest.mark.parametrize("url", ["/invoices/", "/payments/"])
def test_a_download_is_on_record(office: Client, url: str) -> None:
    make_payment("P", allocations=((make_invoice("1"), 100),))
    csv_of(office, f"{url}csv/?q=1&balance=open")
    event = AuditEvent.objects.get(action__endswith=".list_downloaded")
    assert event.action == f"{url.strip('/')[:-1]}.list_downloaded"
    assert event.after == {"filters": "q=1&balance=open"}


@pytest.mark.parametrize("query", ["books=x", "from=x", "sort=password"])
@pytest.mark.parametrize("url", ["/invoices/", "/payments/"])
def test_nonsense_is_not_downloaded(office: Client, url: str, query: str) -> None:
    response = office.get(f"{url}csv/?{query}", follow=True)
    assert response.redirect_chain == [(url, 302)]
    assert "alert" in response.content.decode()
    assert not AuditEvent.objects.filter(action__endswith=".list_downloaded").exists()


def test_a_chip_takes_its_filter_away_and_nothing_else(office: Client) -> None:
    department = make_department("HVAC")
    make_invoice("1", department=department)
    query = f"q=1&status=finalized&books=unbatched&from=2026-11-01&department={department.pk}"
    response = office.get(f"/invoices/?{query}&balance=open&sort=-total&page=1")
    chips = response.context["form"].chips
    assert [chip.label for chip in chips] == [
        "Search: 1",
        "Status: Finalized",
        "Books: Unbatched",
        "From: 11/01/2026",
        "Department: HVAC",
        "Open: Above 0.00",
    ]
    assert chips[0].link == f"?{query.removeprefix('q=1&')}&balance=open&sort=-total"
    assert numbers(office, f"/invoices/{chips[0].link}") == ["1"]


def test_every_page_is_reached_from_the_nearer_end() -> None:
    for number in range(1, 6):
        make_invoice(f"{number}", total=100 * number)
    rows = list_invoices(DocumentFilters())
    paged = PagedRows(in_order(rows, Sorting("total", True), SORTS), 5, RELATED)
    pages = [paged[start : start + 2] for start in (0, 2, 4)]
    found = [[row.invoice.number for row in page] for page in pages]
    assert found == [["5", "4"], ["3", "2"], ["1"]]


def test_an_invoice_in_the_books_is_that_whatever_became_of_it(office: Client) -> None:
    origin = make_origin()
    for number in ("HELD", "VOID", "ZERO"):
        make_invoice(number)
    make_batch()
    make_invoice("NEVER", total=0)
    sent = {one.number: one for one in Invoice.objects.all()}
    hold_invoice(invoice=sent["HELD"], note="Wait", origin=origin)
    void_invoice(invoice=sent["VOID"], note="Twice", origin=origin)
    change_invoice(
        invoice=sent["ZERO"], values=make_invoice_values(0), reason="free", origin=origin
    )
    assert sorted(numbers(office, "/invoices/?books=in")) == ["HELD", "VOID", "ZERO"]
    assert numbers(office, "/invoices/?books=not-in") == ["NEVER"]
    assert numbers(office, "/invoices/?books=changed") == ["ZERO"]


def test_a_payment_in_the_books_is_that_whatever_became_of_it(office: Client) -> None:
    origin = make_origin()
    held = make_invoice("1")
    sent = make_payment("SENT", allocations=((held, 100),))
    make_batch()
    make_refund(payment=sent, amount=100)
    settled = make_payment("SETTLED")
    make_refund(payment=settled, amount=15000)
    prune_settled_payments()
    removed = make_payment("REMOVED")
    remove_payment(payment=removed, note="Twice", origin=origin)
    make_payment("NEW")
    hold_invoice(invoice=held, note="Wait", origin=origin)
    assert numbers(office, "/payments/?books=in") == ["SENT"]
    assert numbers(office, "/payments/?books=not-in") == ["NEW", "REMOVED", "SETTLED"]
    assert numbers(office, "/payments/?books=unbatched") == ["NEW"]
    assert numbers(office, "/payments/?books=held") == ["SENT"]


def test_a_payment_is_found_by_its_reference(office: Client) -> None:
    make_payment("P1", reference="CHK-77")
    make_payment("P2", reference="50%")
    assert numbers(office, "/payments/?q=chk-7") == ["P1"]
    assert numbers(office, "/payments/?q=%25") == ["P2"]


@pytest.mark.parametrize("url", ["/invoices/", "/payments/"])
def test_more_documents_cost_no_more_statements(office: Client, url: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            office.get(url)
        return len(queries)

    make_payment("P1", allocations=((make_invoice("1"), 100),))
    count()
    before = count()
    for number in range(2, 6):
        make_payment(f"P{number}", allocations=((make_invoice(str(number)), 100),))
    assert count() == before


def test_the_lists_and_their_csv_name_the_survivor_of_a_merge(office: Client) -> None:
    merged, survivor = make_customer(name="Old Name"), make_customer(name="New Name")
    make_payment("P", allocations=((make_invoice("1", customer=merged), 100),))
    Customer.objects.filter(pk=merged.pk).update(merged_into=survivor)
    for url in ("/invoices/", "/payments/"):
        assert "New Name" in office.get(url).content.decode()
        assert len(numbers(office, f"{url}?q=new+name")) == 1
        assert len(numbers(office, f"{url}?customer={survivor.number}")) == 1
        assert "New Name" in csv_of(office, f"{url}csv/")[1]
