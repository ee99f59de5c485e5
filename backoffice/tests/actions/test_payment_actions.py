"""The forms for taking and reallocating payments."""

import pytest
from django.urls import reverse

from backoffice.tests.actions.acting import ADMIN, CASES, REASON, client_of, hidden, url_of
from invoices.tests.factories import make_customer, make_invoice
from payments.models import Payment
from payments.tests.factories import make_payment

pytestmark = pytest.mark.django_db


def test_a_payment_is_split_and_the_rest_stays_a_deposit() -> None:
    customer = make_customer()
    first = make_invoice("10001", customer=customer, total=6000)
    second = make_invoice("10002", customer=customer, total=5000)
    payment = make_payment("P-1", customer=customer)
    client = client_of(ADMIN)
    where = url_of("payment_reallocate", payment)
    form = {
        **hidden(client.get(where)),
        **REASON,
        f"invoice_{first.pk}": "60.00",
        f"invoice_{second.pk}": "1,0.00",
    }
    looked = client.post(where, form)
    assert "Payment P-1 will be in “3 Payment Inserts”" in looked.content.decode()
    assert client.post(where, {**form, **hidden(looked), "step": "do"}).status_code == 302
    payment.refresh_from_db()
    assert payment.current_revision is not None
    allocations = payment.current_revision.allocations.values_list("invoice", "amount_cents")
    assert list(allocations) == [(first.pk, 6000), (second.pk, 1000)]


def test_a_payment_is_taken_on_an_invoice() -> None:
    invoice = make_invoice("10023")
    client = client_of("Office")
    where = url_of("payment_take", invoice)
    page = client.get(where)
    assert f'name="invoice_{invoice.pk}" value="150.00"' in page.content.decode()
    form = {
        **hidden(page),
        **CASES["payment_take"].form,
        "amount": "150",
        f"invoice_{invoice.pk}": "150",
    }
    looked = client.post(where, form)
    assert client.post(where, {**form, **hidden(looked), "step": "do"}).status_code == 302
    payment = Payment.objects.get(number="P-9")
    assert payment.current_revision is not None
    assert payment.current_revision.allocations.get().invoice == invoice
    assert not payment.is_settled


@pytest.mark.parametrize("query", ["invoice=x", "invoice=4711", "customer=99999999999999999999"])
def test_a_payment_of_nobody_is_not_found(query: str) -> None:
    client = client_of(ADMIN)
    assert client.get(f"{reverse('backoffice:payment_take')}?{query}").status_code == 404


def test_the_customer_is_found_by_name_or_invoice() -> None:
    invoice = make_invoice("10023", customer=make_customer("C-7", name="Birch LLC"))
    client = client_of("Office")
    for text in ("birch", "c-7", "10023"):
        page = client.get(reverse("backoffice:payment_take"), {"q": text}).content.decode()
        assert f"?customer={invoice.customer_id}" in page
    page = client.get(reverse("backoffice:payment_take"), {"q": "nobody"}).content.decode()
    assert "No customer matches “nobody”." in page
