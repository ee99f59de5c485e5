"""Customers: the list, the page, a new key, a merge; permissions and refusals."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounting.models import FollowUp
from accounting.tests.factories import make_ready_batch
from invoices.models import Customer
from invoices.services.merging import merge_customers
from invoices.tests.factories import make_credit_memo, make_customer, make_invoice, make_user
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return Origin(user=make_user("Admin", username="alma"))


@pytest.fixture
def admin(client: Client, origin: Origin) -> Client:
    client.force_login(origin.user)
    return client


@pytest.fixture
def jane(origin: Origin) -> Customer:
    return make_customer("C-1", name="Jane <Doe>", origin=origin)


@pytest.fixture
def june(origin: Origin) -> Customer:
    return make_customer("C-2", name="June Roe", email="june@example.com", origin=origin)


def test_the_list_shows_what_each_owes(
    admin: Client, jane: Customer, june: Customer, origin: Origin
) -> None:
    make_invoice(total=123456, customer=jane, origin=origin)
    page = admin.get("/customers/").content.decode()
    assert "Customers (2)" in page
    assert "Jane &lt;Doe&gt;" in page
    assert "1,234.56" in page

    found = admin.get("/customers/", {"q": "june@"}).content.decode()
    assert "June Roe" in found
    assert "Jane" not in found


def test_the_list_takes_the_same_statements_for_more(
    admin: Client, origin: Origin, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_customer(origin=origin)
    admin.get("/customers/")
    with django_assert_num_queries(11):
        admin.get("/customers/")
    for _ in range(5):
        make_invoice(customer=make_customer(origin=origin), origin=origin)
    with django_assert_num_queries(11):
        admin.get("/customers/")


@pytest.mark.parametrize("query", ["q=%00", "state=gone", "sort=x", "page=99", "q=" + "x" * 101])
def test_nonsense_in_the_url_says_so(admin: Client, jane: Customer, query: str) -> None:
    page = admin.get(f"/customers/?{query}")
    assert page.status_code == 200
    assert "Jane" in page.content.decode()


def test_the_list_as_csv_is_on_record(admin: Client, origin: Origin) -> None:
    customer = make_customer("C-1", name="=cmd()", accounting_key="Key", origin=origin)
    make_payment(customer=customer, amount=500, origin=origin)
    answer = admin.get("/customers.csv")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines == [
        "Number,Name,In QuickBooks,E-mail,City,State,Balance",
        "C-1,'=cmd(),Key,,Austin,TX,-5.00",
    ]
    assert AuditEvent.objects.filter(action="customer.list_downloaded").count() == 1


@pytest.mark.parametrize(
    ("show", "number", "books"),
    [
        ("invoices", "inv-7", "in the books as of batch"),
        ("payments", "P-7", "in the books as of batch"),
        ("refunds", "R-7", "not in the books yet"),
        ("credit-memos", "CM-7", "not in the books yet"),
    ],
)
def test_the_page_shows_documents_as_the_books_have_them(
    admin: Client, jane: Customer, origin: Origin, show: str, number: str, books: str
) -> None:
    invoice = make_invoice("inv-7", customer=jane, origin=origin)
    payment = make_payment("P-7", customer=jane, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-7", payment=payment, origin=origin)
    make_credit_memo("CM-7", invoice=invoice, origin=origin)
    page = admin.get(f"/customers/{jane.pk}/", {"show": show}).content.decode()
    assert number in page
    assert books in page


def test_a_merged_customer_leads_to_the_survivor(
    admin: Client, jane: Customer, june: Customer, origin: Origin
) -> None:
    make_invoice("inv-7", customer=jane, origin=origin)
    merge_customers(vanishing=jane, survivor=june, reason="Twins.", origin=origin)
    gone = admin.get(f"/customers/{jane.pk}/").content.decode()
    assert "This customer was merged into" in gone
    assert "Change the accounting key" not in gone
    stays = admin.get(f"/customers/{june.pk}/").content.decode()
    assert "inv-7" in stays
    assert "Twins." in stays
    assert "Jane" in admin.get("/customers/?state=merged").content.decode()
    assert "Jane" not in admin.get("/customers/").content.decode()


def test_unknown_customers_have_no_page(admin: Client, jane: Customer) -> None:
    for path in ("", "key/", "merge/", f"merge/{jane.pk}/"):
        assert admin.get(f"/customers/999999/{path}").status_code == 404
    assert admin.get(f"/customers/{jane.pk}/merge/999999/").status_code == 404


def test_another_key(admin: Client, jane: Customer, origin: Origin) -> None:
    make_invoice(customer=jane, origin=origin)
    make_ready_batch(origin=origin)
    url = f"/customers/{jane.pk}/key/"
    form = {"accounting_key": "J. Doe", "reason": "Typo.", "is_acknowledged": "on"}

    assert "1 document went out" in admin.get(url).content.decode()
    without = admin.post(url, {**form, "is_acknowledged": ""})
    assert without.status_code == 422
    jane.refresh_from_db()
    assert jane.accounting_key == "Jane <Doe>"

    assert admin.post(url, form).status_code == 302
    jane.refresh_from_db()
    assert jane.accounting_key == "J. Doe"
    page = admin.get(f"/customers/{jane.pk}/").content.decode()
    assert "Customer accounting key changed" in page
    assert "Typo." in page
    assert "Rename the customer in QuickBooks" in page


def test_a_key_in_use_is_refused(admin: Client, jane: Customer, june: Customer) -> None:
    form = {"accounting_key": "june roe", "reason": "x", "is_acknowledged": "on"}
    answer = admin.post(f"/customers/{jane.pk}/key/", form)
    assert answer.status_code == 422
    assert "belongs to customer June Roe (C-2)" in answer.content.decode()
    jane.refresh_from_db()
    assert jane.accounting_key == "Jane <Doe>"


def test_a_merge(admin: Client, jane: Customer, june: Customer, origin: Origin) -> None:
    make_invoice("inv-7", customer=jane, origin=origin)
    make_ready_batch(origin=origin)
    found = admin.get(f"/customers/{jane.pk}/merge/", {"q": "roe"}).content.decode()
    url = f"/customers/{jane.pk}/merge/{june.pk}/"
    assert url in found
    assert "New invoice inv-7" in admin.get(url).content.decode()

    wrong = admin.post(url, {"reason": "Twins.", "word": "merge"})
    assert wrong.status_code == 422
    jane.refresh_from_db()
    assert jane.merged_into is None

    right = admin.post(url, {"reason": "Twins.", "word": "Merge"})
    assert right.headers["Location"] == f"/customers/{june.pk}/"
    jane.refresh_from_db()
    assert jane.merged_into == june
    assert FollowUp.objects.get().cause == "customer_merged"
    again = admin.post(url, {"reason": "Twins.", "word": "Merge"})
    assert again.status_code == 302
    assert FollowUp.objects.count() == 1


def test_a_merge_the_other_way_is_refused(
    admin: Client, jane: Customer, june: Customer, origin: Origin
) -> None:
    merge_customers(vanishing=jane, survivor=june, reason="x", origin=origin)
    form = {"reason": "x", "word": "Merge"}
    answer = admin.post(f"/customers/{june.pk}/merge/{jane.pk}/", form)
    assert answer.status_code == 422
    assert "choose that one" in answer.content.decode()
    june.refresh_from_db()
    assert june.merged_into is None


def test_documents_lead_to_their_customer(
    admin: Client, jane: Customer, june: Customer, origin: Origin
) -> None:
    invoice = make_invoice("inv-7", customer=jane, origin=origin)
    payment = make_payment("P-7", customer=jane, origin=origin)
    merge_customers(vanishing=jane, survivor=june, reason="x", origin=origin)
    for url in (f"/invoices/{invoice.pk}/", f"/payments/{payment.pk}/"):
        page = admin.get(url).content.decode()
        assert f'href="/customers/{jane.pk}/"' in page
        assert "merged into June Roe (C-2)" in page
    assert "inv-7" in admin.get("/invoices/", {"q": "june"}).content.decode()
    assert "P-7" in admin.get("/payments/", {"q": "june"}).content.decode()
