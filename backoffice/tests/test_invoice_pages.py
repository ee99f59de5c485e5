"""The pages of invoices: what they show to whom, and what changed between revisions."""

import dataclasses
import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoices.differences import Difference, invoice_differences
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.services.lifecycle import hold_invoice, unlock_invoice, void_invoice
from invoices.services.values import InvoiceValues, values_of
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_job,
    make_line,
    make_origin,
    make_user,
)
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

LIST = "/invoices/"


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def change(invoice: Invoice, reason: str = "Asked for", **values: Any) -> None:
    invoice.refresh_from_db()
    assert invoice.current_revision
    before: InvoiceValues = values_of(invoice.current_revision)
    change_invoice(
        invoice=invoice,
        values=dataclasses.replace(before, **values),
        reason=reason,
        origin=make_origin(),
    )


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.invoice.number for row in client.get(f"{LIST}?{query}").context["page"]]


# The list


def test_the_list_shows_the_newest_first(office: Client) -> None:
    make_invoice("1", department=make_department("HVAC"), total=120000)
    make_invoice("2", finalized=False, total=31050)
    text = text_of(office.get(LIST))
    for shown in ("Invoices (2)", "11/02/2026", "HVAC", "1,200.00", "310.50", "Pending"):
        assert shown in text
    assert numbers(office) == ["2", "1"]


def test_the_list_is_narrowed_by_number_customer_and_status(office: Client) -> None:
    make_invoice("10023", customer=make_customer(name="Jane Doe"))
    make_invoice("10024", customer=make_customer(name="Birch LLC"), finalized=False)
    assert numbers(office, "q=24") == ["10024"]
    assert numbers(office, "q=jane") == ["10023"]
    assert numbers(office, "status=pending") == ["10024"]
    assert numbers(office, "status=pending&q=jane") == []
    assert "No invoices match" in text_of(office.get(f"{LIST}?q=zzz"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("status=secret", "Status: “secret” is not one of the choices. This filter is ignored."),
        ("page=-1", "There is no page “-1”; this is page 1."),
        ("q=%00", "Search: Control characters cannot be searched for."),
        ("q=" + "x" * 101, "Search: Enter at most 100 characters. This filter is ignored."),
    ],
)
def test_nonsense_in_the_url_shows_everything(office: Client, query: str, message: str) -> None:
    make_invoice("1")
    response = office.get(f"{LIST}?{query}")
    assert message in text_of(response)
    assert [row.invoice.number for row in response.context["page"]] == ["1"]


def test_no_invoice_yet(office: Client) -> None:
    assert "No invoices yet" in text_of(office.get(LIST))


# One invoice


def test_an_invoice_shows_what_it_says(office: Client) -> None:
    customer = make_customer(name="Jane <b>Doe</b>", accounting_key="Doe, Jane")
    invoice = make_invoice(
        "10023",
        customer=customer,
        job=make_job("J-77", customer=customer),
        department=make_department("HVAC"),
        memo="Door code 4711",
        tax_name="Austin",
        tax_rate=Decimal("8.25"),
        tax_cents=1238,
        lines=(
            make_line(15000, quantity=Decimal("1.5"), rate=Decimal(100)),
            make_line(-500, item="Marketing Coupons", is_taxable=False),
        ),
    )
    text = text_of(office.get(f"{LIST}{invoice.pk}/"))
    for shown in (
        "Jane &lt;b&gt;Doe&lt;/b&gt;",
        "Doe, Jane",
        "J-77",
        "HVAC",
        "Door code 4711",
        "12/02/2026, Net 30",
        "Tax (Austin, 8.25 %)",
        "12.38",
        "157.38",
        "Marketing Coupons",
        "-5.00",
        '<td class="number">1.5</td>',
        '<td class="amount">100.00</td>',
        "not in the books yet",
        "Work completed.",
    ):
        assert shown in text


def test_a_pending_invoice_shows_its_draft(office: Client) -> None:
    invoice = make_invoice(finalized=False, total=31050)
    text = text_of(office.get(f"{LIST}{invoice.pk}/"))
    assert "This is a draft: the invoice was never approved." in text
    assert "310.50" in text
    assert "revision 1" not in text


def test_an_unlocked_invoice_shows_its_draft_and_its_story(office: Client) -> None:
    invoice = make_invoice()
    unlock_invoice(invoice=invoice, reason="Wrong part", origin=make_origin())
    text = text_of(office.get(f"{LIST}{invoice.pk}/"))
    assert "Unlocked for editing" in text
    assert "stays out of Unbatched until it is approved again" in text
    assert "Approved: revision 1" in text


def test_hold_and_void_are_marked(office: Client) -> None:
    held, void = make_invoice(), make_invoice()
    hold_invoice(invoice=held, note="Customer complains", origin=make_origin())
    void_invoice(invoice=void, note="Double", origin=make_origin())
    text = text_of(office.get(f"{LIST}{held.pk}/"))
    assert "Do Not Batch" in text
    assert "Customer complains" in text
    assert '<span class="mark mark-bad">Void</span>' in text_of(office.get(f"{LIST}{void.pk}/"))


def test_the_story_says_who_when_why_and_what(office: Client) -> None:
    invoice = make_invoice(total=15000)
    change(invoice, "Second capacitor", lines=(make_line(15000), make_line(31050)))
    text = text_of(office.get(f"{LIST}{invoice.pk}/"))
    assert text.index("approved again: revision 2") < text.index("Approved: revision 1")
    assert "Second capacitor" in text
    assert "3 changes" in text


def test_differences_are_named_field_by_field() -> None:
    customer = make_customer()
    invoice = make_invoice(
        customer=customer,
        department=make_department("HVAC"),
        lines=(make_line(100, item="A"), make_line(200, item="B"), make_line(300, item="C")),
    )
    change(
        invoice,
        date=datetime.date(2026, 11, 3),
        terms="",
        department=None,
        job=make_job("J-1", customer=customer),
        tax_name="Austin",
        tax_rate=Decimal("8.250000"),
        tax_cents=25,
        lines=(make_line(100, item="A"), make_line(250, item="B2")),
    )
    before, after = invoice.revisions.order_by("sequence")
    tail = "taxable · HVAC · 11/01/2026"
    times = "\N{MULTIPLICATION SIGN}"
    assert invoice_differences(before, after) == [
        Difference(
            "Line 2",
            f"B · Capacitor · 1 {times} 2.00 = 2.00 · {tail}",
            f"B2 · Capacitor · 1 {times} 2.50 = 2.50 · {tail}",
        ),
        Difference("Line removed", f"C · Capacitor · 1 {times} 3.00 = 3.00 · {tail}", ""),
        Difference("Date", "11/02/2026", "11/03/2026"),
        Difference("Terms", "Net 30", ""),
        Difference("Job", "", "J-1"),
        Difference("Department", "HVAC", ""),
        Difference("Tax", "", "Austin"),
        Difference("Tax rate", "", "8.25 %"),
        Difference("Subtotal", "6.00", "3.50"),
        Difference("Tax amount", "0.00", "0.25"),
        Difference("Total", "6.00", "3.75"),
    ]
    assert invoice_differences(after, after) == []


def test_a_credit_memo_is_shown_with_its_invoice(office: Client) -> None:
    memo = make_credit_memo("CM-7")
    response = office.get(f"{LIST}credit-memos/{memo.pk}/")
    assert response.headers["Location"] == f"{LIST}{memo.invoice_id}/#credit-memos"
    text = text_of(office.get(f"{LIST}{memo.invoice_id}/"))
    assert 'id="credit-memos"' in text
    assert "CM-7" in text


# Permissions, and not found


def urls() -> list[str]:
    memo = make_credit_memo()
    return [LIST, f"{LIST}{memo.invoice_id}/", f"{LIST}credit-memos/{memo.pk}/"]


def test_the_pages_are_for_those_who_may_see_invoices(client: Client) -> None:
    pages = urls()
    for page in pages:
        assert client.get(page).headers["Location"] == f"/sign-in/?next={page}"
    client.force_login(make_user(""))
    for page in pages:
        with unchanging():
            assert client.get(page).status_code == 403


def test_the_pages_are_only_read(office: Client) -> None:
    for page in urls():
        with unchanging():
            assert office.post(page).status_code == 405


@pytest.mark.parametrize(
    "url", ["0/", "99999/", "9" * 30 + "/", "credit-memos/99999/", "x/", "-1/"]
)
def test_what_is_not_there_is_not_found(office: Client, url: str) -> None:
    assert office.get(f"{LIST}{url}").status_code == 404


def test_the_number_of_statements_does_not_grow(office: Client) -> None:
    customer = make_customer()
    invoice = make_invoice(customer=customer)
    change(invoice, memo="once")

    def statements(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert office.get(url).status_code == 200
        return len(queries)

    one = f"{LIST}{invoice.pk}/"
    assert (statements(LIST), statements(one)) == (9, 24)
    for number in range(4):
        make_invoice(customer=customer, finalized=number % 2 == 0)
        change(invoice, memo=f"change {number}", lines=(make_line(100),) * (number + 2))
    assert (statements(LIST), statements(one)) == (9, 24)
