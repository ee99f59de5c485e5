"""The form for editing an invoice: lines with and without scripts, dates, refusals."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import unbatched
from backoffice.tests.actions.acting import ADMIN, LINES, REASON, client_of, hidden, url_of
from invoices.models import Invoice
from invoices.tests.factories import make_invoice, make_line
from payments.tests.factories import make_payment
from sera_batching.tests.refusals import everything

pytestmark = pytest.mark.django_db


def edit_form(client: Client, invoice: Invoice, **values: str) -> dict[str, str]:
    where = url_of("invoice_edit", invoice)
    return {
        **hidden(client.get(where)),
        **REASON,
        **LINES,
        "due_date": "2026-12-31",
        **values,
    }


def test_an_edited_invoice_takes_the_day_of_approval_as_its_date() -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice, amount=10000)
    make_ready_batch()
    client = client_of(ADMIN)
    form = edit_form(client, invoice)
    looked = client.post(url_of("invoice_edit", invoice), {**form, "step": "approve"})
    text = looked.content.decode()
    assert "Invoice 10023 will be in “2 Invoice Updates” of the next batch, with 100.00." in text
    assert "Payment P-1 will be in “4 Payment Updates” of the next batch, with 100.00." in text
    sent = client.post(
        url_of("invoice_edit", invoice),
        {**form, **hidden(looked), "then": "approve", "step": "do"},
    )
    assert sent.status_code == 302
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    assert invoice.current_revision.date != invoice.revisions.get(sequence=1).date
    assert invoice.current_revision.total_cents == 10000
    assert unbatched() == [
        ("invoice_update", "10023", 10000),
        ("payment_update", "P-1", 10000),
    ]


def test_a_draft_is_saved_and_approved_later() -> None:
    invoice = make_invoice("10023", finalized=False)
    client = client_of(ADMIN)
    form = edit_form(client, invoice, date="2026-11-02", reason="")
    looked = client.post(url_of("invoice_edit", invoice), {**form, "step": "draft"})
    assert "is not in the books yet" in looked.content.decode()
    sent = client.post(
        url_of("invoice_edit", invoice), {**form, **hidden(looked), "then": "draft", "step": "do"}
    )
    assert sent.status_code == 302
    invoice.refresh_from_db()
    assert (invoice.status, invoice.draft.total_cents) == (Invoice.Status.PENDING, 10000)
    assert str(invoice.draft.date) == "2026-11-02"


def test_lines_are_added_and_dropped_without_script_and_keep_their_order() -> None:
    invoice = make_invoice("10023")
    client = client_of(ADMIN)
    form = edit_form(
        client,
        invoice,
        **{
            "lines-TOTAL_FORMS": "3",
            "lines-1-item": "Second",
            "lines-1-is_taxable": "on",
            "lines-2-item": "Third",
        },
    )
    before = everything()
    text = client.post(url_of("invoice_edit", invoice), {**form, "step": "drop:0"}).content.decode()
    assert 'name="lines-TOTAL_FORMS" value="2"' in text
    assert re.findall(r'name="lines-\d-item" value="(\w+)"', text) == ["Second", "Third"]
    assert text.count("checked") == 1
    text = client.post(url_of("invoice_edit", invoice), {**form, "step": "add"}).content.decode()
    assert 'name="lines-TOTAL_FORMS" value="4"' in text
    assert re.findall(r'name="lines-\d-item" value="(\w+)"', text) == ["Repair", "Second", "Third"]
    assert everything() == before


@pytest.mark.parametrize("step", ["drop:", "drop:9", "drop:-1", "drop:x", "add:x", "nonsense"])
def test_a_step_that_makes_no_sense_changes_nothing(step: str) -> None:
    invoice = make_invoice("10023")
    client = client_of(ADMIN)
    form = edit_form(client, invoice)
    before = everything()
    response = client.post(url_of("invoice_edit", invoice), {**form, "step": step})
    assert response.status_code in (200, 422)
    assert everything() == before


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"lines-0-amount": "99"}, "Line 1: 2 × 50 is 100.00, not 99.00"),
        ({"lines-0-rate": ""}, "Line 1, Rate: Enter a quantity and a rate, or only an amount."),
        ({"lines-0-item": ""}, "Line 1, Item: This field is required."),
        ({"lines-0-amount": "1e3"}, "Line 1, Amount: “1e3”"),
        ({"lines-0-quantity": "NaN"}, "Line 1, Quantity: Enter a number."),
        ({"lines-0-quantity": "-3"}, "it cannot be negative"),
        ({"lines-TOTAL_FORMS": "0"}, "has no lines"),
        ({"lines-TOTAL_FORMS": "101"}, "100"),
        ({"due_date": "2026-13-40"}, "Enter a valid date."),
        ({"tax_rate": "-1"}, "greater than or equal to 0"),
        ({"job": "4711"}, "not one of the available choices"),
    ],
)
def test_an_edit_that_is_refused_changes_nothing(values: dict[str, str], text: str) -> None:
    invoice = make_invoice("10023")
    client = client_of(ADMIN)
    form = edit_form(client, invoice, **values)
    before = everything()
    response = client.post(url_of("invoice_edit", invoice), {**form, "step": "approve"})
    assert response.status_code == 422
    assert text.replace("“1e3”", "&quot;1e3&quot;") in response.content.decode()
    assert everything() == before


def test_figures_that_came_disagreeing_may_stay() -> None:
    invoice = make_invoice(
        "10023", lines=(make_line(10001, rate=Decimal(50), quantity=Decimal(2)),)
    )
    client = client_of(ADMIN)
    form = edit_form(client, invoice, **{"lines-0-amount": "100.01"})
    response = client.post(url_of("invoice_edit", invoice), {**form, "step": "approve"})
    assert response.status_code == 200
