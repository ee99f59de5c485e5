"""What the pages of documents show of batches: what the books have, and what changed since."""

import dataclasses
from typing import Any

import pytest
from django.test import Client

from accounting.batches.undo import undo_batch
from accounting.models import Batch
from accounting.tests.factories import make_batch, make_ready_batch
from backoffice.book_status import books_of_invoice, books_of_payment
from invoices.differences import Difference
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.services.values import values_of
from invoices.tests.factories import make_credit_memo, make_invoice, make_origin, make_user
from payments.models import Payment
from payments.tests.factories import make_payment, make_refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def text_of(client: Client, document: Any) -> str:
    folder = "invoices" if isinstance(document, Invoice) else "payments"
    response = client.get(f"/{folder}/{document.pk}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def change_memo(invoice: Invoice, memo: str) -> None:
    invoice.refresh_from_db()
    assert invoice.current_revision
    change_invoice(
        invoice=invoice,
        values=dataclasses.replace(values_of(invoice.current_revision), memo=memo),
        reason="Asked for",
        origin=make_origin(),
    )


def test_an_invoice_that_was_never_batched(office: Client) -> None:
    text = text_of(office, make_invoice())
    assert "not in the books yet" in text
    assert "Not in any batch yet." in text


def test_a_batched_invoice_is_in_the_books(office: Client) -> None:
    invoice = make_invoice()
    batch = make_batch(name="November", is_built=False)
    text = text_of(office, invoice)
    assert f"in the books as of batch {batch.pk}" in text
    assert f'href="/batches/{batch.pk}/"' in text
    assert "New invoice" in text
    assert "Changed since" not in text


def test_a_changed_invoice_says_what_changed_since_the_batch(office: Client) -> None:
    invoice = make_invoice()
    batch = make_batch(is_built=False)
    change_memo(invoice, "Door code 4711")
    text = text_of(office, invoice)
    assert f"changed since batch {batch.pk}" in text
    assert f"Changed since batch {batch.pk}" in text
    assert "<ins>Door code 4711</ins>" in text
    invoice.refresh_from_db()
    assert books_of_invoice(invoice).differences == [Difference("Memo", "", "Door code 4711")]


def test_a_change_that_was_taken_back_is_none(office: Client) -> None:
    invoice = make_invoice()
    batch = make_batch(is_built=False)
    change_memo(invoice, "Door code 4711")
    change_memo(invoice, "")
    text = text_of(office, invoice)
    assert f"in the books as of batch {batch.pk}" in text
    assert "Changed since" not in text


def test_an_undone_batch_stays_in_sight_and_counts_for_nothing(office: Client) -> None:
    invoice = make_invoice()
    batch = make_ready_batch()
    undo_batch(batch_id=batch.pk, reason="Wrong month", origin=make_origin())
    text = text_of(office, invoice)
    assert "not in the books yet" in text
    assert "Undone" in text
    assert f'href="/batches/{batch.pk}/"' in text


def test_a_payment_shows_the_rows_that_were_sent(office: Client) -> None:
    invoice = make_invoice("10023")
    payment = make_payment(allocations=((invoice, 10000),), amount=15000)
    make_refund("R-12", payment=payment, amount=2000)
    batch = make_batch(is_built=False)
    text = text_of(office, payment)
    assert f"in the books as of batch {batch.pk}" in text
    assert f'<a href="/invoices/{invoice.pk}/">10023</a> 100.00' in text
    assert "no invoice 30.00" in text
    assert "less refund R-12 20.00" in text
    assert f'Netted in the payment, <a href="/batches/{batch.pk}/">' in text


def test_a_later_refund_tells_of_its_journal(office: Client) -> None:
    payment = make_payment()
    make_batch(is_built=False)
    refund = make_refund("R-12", payment=payment)
    assert "not yet" in text_of(office, payment)
    batch = make_batch(("journal", refund.number), is_built=False)
    assert f'Journal entry, <a href="/batches/{batch.pk}/">' in text_of(office, payment)


def test_a_payment_changes_with_its_invoice(office: Client) -> None:
    invoice = make_invoice("10023")
    payment = make_payment(invoice=invoice)
    batch = make_batch(is_built=False)
    change_memo(invoice, "Door code 4711")
    assert f"changed since batch {batch.pk}" in text_of(office, payment)
    payment.refresh_from_db()
    assert books_of_payment(payment).differences == [
        Difference("For invoice 10023", "150.00, revision 1", "150.00, revision 2")
    ]


def test_a_payment_must_be_repointed_when_its_invoice_went_out_later(office: Client) -> None:
    payment = make_payment("P-900", invoice=make_invoice("10023"))
    first = make_batch(("payment_insert", "P-900"), is_built=False)
    make_batch(("invoice_insert", "10023"), is_built=False)
    text = text_of(office, payment)
    assert f"changed since batch {first.pk}" in text
    assert "one of its invoices was sent in a later batch" in text


def test_a_credit_memo_tells_its_batch(office: Client) -> None:
    invoice = make_invoice()
    make_batch(is_built=False)
    make_credit_memo("CM-7", invoice=invoice)
    assert "not in the books yet" in text_of(office, invoice)
    make_batch(name="Memos", is_built=False)
    assert "Memos.zip" in text_of(office, invoice)


def test_the_opening_batch_is_called_so(office: Client) -> None:
    invoice: Invoice = make_invoice()
    payment: Payment = make_payment()
    make_batch(is_built=False)
    for document, books in (
        (invoice, books_of_invoice(invoice)),
        (payment, books_of_payment(payment)),
    ):
        assert books.newest, document
        books.newest.batch = Batch(pk=0)
        assert books.text == "in the books as of the Opening batch"
