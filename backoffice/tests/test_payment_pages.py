"""The pages of payments: what they show to whom, and what changed between revisions."""

import dataclasses
import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invoices.differences import Difference
from invoices.services.invoices import change_invoice
from invoices.services.values import values_of
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_job,
    make_origin,
    make_user,
)
from payments.differences import payment_differences
from payments.models import Payment
from payments.services.payments import change_payment, payment_values, reallocate_payment
from payments.services.states import dispute_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

LIST = "/payments/"


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def numbers(client: Client, query: str = "") -> list[str]:
    return [row.payment.number for row in client.get(f"{LIST}?{query}").context["page"]]


def change(payment: Payment, **values: Any) -> None:
    payment.refresh_from_db()
    change_payment(
        payment=payment,
        values=dataclasses.replace(payment_values(payment), **values),
        is_settled=True,
        reason="Corrected",
        origin=make_origin(),
    )


# The list


def test_the_list_shows_the_newest_first(office: Client) -> None:
    make_payment("P-1", amount=120000, method="check", reference="No. 17")
    make_payment("P-2", is_settled=False)
    text = text_of(office.get(LIST))
    for shown in ("Payments (2)", "11/03/2026", "1,200.00", "Check", "No. 17", "Not settled"):
        assert shown in text
    assert numbers(office) == ["P-2", "P-1"]


def test_the_list_is_narrowed_by_number_customer_and_state(office: Client) -> None:
    make_payment("P-900", customer=make_customer(name="Jane Doe"))
    disputed = make_payment("P-901", customer=make_customer(name="Birch LLC"))
    dispute_payment(payment=disputed, note="Chargeback", origin=make_origin())
    assert numbers(office, "q=901") == ["P-901"]
    assert numbers(office, "q=jane") == ["P-900"]
    assert numbers(office, "state=disputed") == ["P-901"]
    assert "No payments match" in text_of(office.get(f"{LIST}?q=zzz"))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("state=secret", "State: “secret” is not one of the choices. This filter is ignored."),
        ("page=x", "There is no page “x”; this is page 1."),
        ("q=%00", "Search: Control characters cannot be searched for."),
    ],
)
def test_nonsense_in_the_url_shows_everything(office: Client, query: str, message: str) -> None:
    make_payment("P-1")
    response = office.get(f"{LIST}?{query}")
    assert message in text_of(response)
    assert [row.payment.number for row in response.context["page"]] == ["P-1"]


def test_no_payment_yet(office: Client) -> None:
    assert "No payments yet" in text_of(office.get(LIST))


# One payment


def test_a_payment_shows_what_it_says(office: Client) -> None:
    customer = make_customer(name="Jane <b>Doe</b>", accounting_key="Doe, Jane")
    first, second = (make_invoice(number, customer=customer) for number in ("10023", "10024"))
    payment = make_payment(
        "P-900",
        amount=25000,
        allocations=((first, 15000), (second, 5000)),
        memo="Thanks",
        method="external",
    )
    make_refund("R-12", payment=payment, amount=7000, memo="Too much")
    response = office.get(f"{LIST}{payment.pk}/")
    text = text_of(response)
    for shown in (
        "Jane &lt;b&gt;Doe&lt;/b&gt;",
        "Doe, Jane",
        "External",
        "4242",
        "Thanks",
        "250.00",
        "70.00",
        "180.00",
        "R-12",
        "Too much",
        "not yet",
        "not in the books yet",
    ):
        assert shown in text
    left = [(one.invoice.number, net) for one, net in response.context["allocations"]]
    assert left == [("10023", 15000), ("10024", 3000)]


def test_a_deposit_on_an_imported_job(office: Client) -> None:
    payment = make_payment(job=make_job("J-77", is_imported=True))
    text = text_of(office.get(f"{LIST}{payment.pk}/"))
    assert "None. This payment is a deposit." in text
    assert "J-77 (imported: apply it by hand in QuickBooks)" in text


def test_the_story_says_who_when_why_and_what(office: Client) -> None:
    invoice = make_invoice("10023")
    payment = make_payment(customer=invoice.customer)
    reallocate_payment(
        payment=payment,
        allocations=((invoice, 15000),),
        reason="The work is done",
        origin=make_origin(),
    )
    response = office.get(f"{LIST}{payment.pk}/")
    text = text_of(response)
    assert text.index("Reallocated: revision 2") < text.index("Taken as a deposit: revision 1")
    assert "The work is done" in text
    assert "<ins>150.00, revision 1</ins>" in text


def test_differences_are_named_field_by_field() -> None:
    customer = make_customer()
    kept, dropped = (make_invoice(number, customer=customer) for number in ("1", "2"))
    pending = make_invoice("3", customer=customer, finalized=False)
    payment = make_payment(allocations=((kept, 5000), (dropped, 5000)), amount=15000)
    change(
        payment,
        date=datetime.date(2026, 11, 4),
        job=make_job("J-1", customer=customer),
        method="check",
        reference="",
        memo="Corrected",
        amount_cents=16000,
        allocations=((kept, 6000), (pending, 1000)),
    )
    before, after = payment.revisions.order_by("sequence")
    assert payment_differences(before, after) == [
        Difference("Date", "11/03/2026", "11/04/2026"),
        Difference("Job", "", "J-1"),
        Difference("Method", "Card", "Check"),
        Difference("Reference", "4242", ""),
        Difference("Memo", "", "Corrected"),
        Difference("Amount", "150.00", "160.00"),
        Difference("For invoice 1", "50.00, revision 1", "60.00, revision 1"),
        Difference("For invoice 2", "50.00, revision 1", ""),
        Difference("For invoice 3", "", "10.00, without a row of its own"),
    ]


def test_a_new_form_of_its_invoice_is_a_change_of_the_payment() -> None:
    invoice = make_invoice("10023")
    payment = make_payment(invoice=invoice)
    invoice.refresh_from_db()
    assert invoice.current_revision
    change_invoice(
        invoice=invoice,
        values=dataclasses.replace(values_of(invoice.current_revision), memo="Door code"),
        reason="Asked for",
        origin=make_origin(),
    )
    before, after = payment.revisions.order_by("sequence")
    assert payment_differences(before, after) == [
        Difference("For invoice 10023", "150.00, revision 1", "150.00, revision 2")
    ]


def test_a_refund_is_shown_with_its_payment(office: Client) -> None:
    refund = make_refund("R-12")
    response = office.get(f"{LIST}refunds/{refund.pk}/")
    assert response.headers["Location"] == f"{LIST}{refund.payment_id}/#refunds"
    assert 'id="refunds"' in text_of(office.get(f"{LIST}{refund.payment_id}/"))


# Permissions, and not found


def urls() -> list[str]:
    refund = make_refund()
    return [LIST, f"{LIST}{refund.payment_id}/", f"{LIST}refunds/{refund.pk}/"]


def test_the_pages_are_for_those_who_may_see_payments(client: Client) -> None:
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


@pytest.mark.parametrize("url", ["0/", "99999/", "9" * 30 + "/", "refunds/99999/", "x/", "-1/"])
def test_what_is_not_there_is_not_found(office: Client, url: str) -> None:
    assert office.get(f"{LIST}{url}").status_code == 404


def test_the_number_of_statements_does_not_grow(office: Client) -> None:
    customer = make_customer()
    payment = make_payment(invoice=make_invoice(customer=customer), amount=10000)
    make_refund(payment=payment, amount=100)
    change(payment, memo="once")

    def statements(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert office.get(url).status_code == 200
        return len(queries)

    one = f"{LIST}{payment.pk}/"
    assert (statements(LIST), statements(one)) == (9, 27)
    for number in range(4):
        make_payment(customer=customer)
        make_refund(payment=payment, amount=100)
        change(payment, memo=f"change {number}")
    assert (statements(LIST), statements(one)) == (9, 27)
