"""The search in the header: any document by its number."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.search import find_documents
from invoices.services.merging import merge_customers
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

SEARCH = "/search/"


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def found(client: Client, text: str) -> list[tuple[str, str]]:
    response = client.get(SEARCH, {"q": text})
    assert response.status_code == 200
    return [(one.kind, one.number) for one in response.context["found"]]


def test_an_exact_number_leads_to_its_document(office: Client) -> None:
    invoice = make_invoice("10023")
    make_invoice("100231")
    memo = make_credit_memo("CM-7", invoice=invoice)
    payment = make_payment("P-900")
    refund = make_refund("R-12", payment=payment)
    for text, url in (
        ("10023", f"/invoices/{invoice.pk}/"),
        (" cm-7 ", f"/invoices/credit-memos/{memo.pk}/"),
        ("p-900", f"/payments/{payment.pk}/"),
        ("R-12", f"/payments/refunds/{refund.pk}/"),
    ):
        assert office.get(SEARCH, {"q": text}).headers["Location"] == url


def test_the_same_number_of_several_kinds_is_listed(office: Client) -> None:
    make_payment("77", invoice=make_invoice("77"))
    assert found(office, "77") == [("Invoice", "77"), ("Payment", "77")]


def test_a_part_of_a_number_lists_what_has_it(office: Client) -> None:
    customer = make_customer(name="Jane <b>Doe</b>")
    for number in ("10023", "10024", "20000"):
        make_invoice(number, customer=customer)
    assert found(office, "1002") == [("Invoice", "10023"), ("Invoice", "10024")]
    text = office.get(SEARCH, {"q": "1002"}).content.decode()
    assert "Jane &lt;b&gt;Doe&lt;/b&gt;" in text
    assert found(office, "<script>") == []
    assert "<script>“" not in office.get(SEARCH, {"q": "<script>"}).content.decode()


def test_a_merged_customer_s_documents_are_the_survivor_s() -> None:
    gone, stays = make_customer(name="Jane Doe"), make_customer(name="Jane Roe")
    make_invoice("10023", customer=gone)
    make_payment("10023", customer=gone)
    merge_customers(vanishing=gone, survivor=stays, reason="One person.", origin=make_origin())
    assert [found.customer for found in find_documents("10023")] == ["Jane Roe", "Jane Roe"]


@pytest.mark.parametrize("text", ["", " ", "\x00", "x" * 101])
def test_nothing_to_search_for(office: Client, text: str) -> None:
    make_invoice()
    response = office.get(SEARCH, {"q": text})
    assert response.status_code == 200
    assert "Enter the number of a document." in response.content.decode()


def test_the_search_is_for_those_who_may_see_documents(client: Client) -> None:
    assert client.get(SEARCH).headers["Location"] == f"/sign-in/?next={SEARCH}"
    client.force_login(make_user(""))
    with unchanging():
        assert client.get(SEARCH).status_code == 403


def test_the_search_is_only_read(office: Client) -> None:
    assert office.post(SEARCH, {"q": "1"}).status_code == 405


def test_the_number_of_statements_does_not_grow(office: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            found(office, "90")
        return len(queries)

    make_invoice("9001")
    make_invoice("9002")
    assert statements() == 13
    for number in range(5):
        make_payment(f"P-90{number}")
    assert statements() == 13
