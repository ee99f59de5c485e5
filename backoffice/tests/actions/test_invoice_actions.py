"""Pages of actions on invoices and payments: permissions, contents, effects and refusals."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.models import FollowUp
from accounting.tests.factories import make_ready_batch
from backoffice.tests.actions.acting import (
    ADMIN,
    CASES,
    EVERYBODY,
    REASON,
    client_of,
    form_for,
    hidden,
    invoice_of,
    unsettled_payment,
    url_of,
)
from invoices.services.invoices import unlock_invoice
from invoices.tests.factories import make_customer, make_invoice, make_line, make_origin
from payments.models import Payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent, SentForm
from sera_batching.tests.refusals import everything

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", CASES)
def test_each_act_by_each_role(name: str) -> None:
    case = CASES[name]
    document = case.document()
    where = url_of(name, document)
    form = form_for(client_of(ADMIN), name, case, document)
    others = [client_of(role) for role in EVERYBODY if role not in case.roles]
    before = everything()
    for client in others:
        assert client.get(where).status_code == 403
        assert client.post(where, form).status_code == 403
    assert Client().post(where, form).status_code == 302
    assert everything() == before

    client = client_of(case.roles[0])
    form = form_for(client, name, case, document)
    response = client.post(where, form)
    assert response.status_code == 302, response.content.decode()
    assert AuditEvent.objects.filter(action=case.audit).count() == 1
    after = AuditEvent.objects.count()

    again = client.post(where, form)
    assert (again.status_code, again.headers["Location"]) == (302, response.headers["Location"])
    assert AuditEvent.objects.count() == after
    assert SentForm.objects.count() == 1


@pytest.mark.parametrize("name", CASES)
def test_looking_does_nothing(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    if name == "payment_reallocate":
        invoice_of(document)
    client.get("/invoices/")
    before = everything()
    form_for(client, name, case, document)
    assert everything() == before


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_shown_is_not_done(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = everything()
    response = client.post(url_of(name, document), {**form, "agreed": ""})
    assert response.status_code == 409
    assert "Nothing has been done yet" in response.content.decode()
    assert everything() == before
    # It is previewed now: the next click carries it out.
    assert client.post(url_of(name, document), {**form, **hidden(response)}).status_code == 302


@pytest.mark.parametrize("name", [name for name in CASES if name != "payment_take"])
def test_a_document_that_moved_is_a_conflict(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = everything()
    kind = "status" if name.startswith("invoice") else "state"
    form["version"] = re.sub(rf"{kind}=\w+", f"{kind}=other", form["version"])
    response = client.post(url_of(name, document), form)
    assert response.status_code == 409
    assert "has changed since this form was opened: it is " in response.content.decode()
    assert everything() == before
    if case.form.get("reason"):
        assert "Because." in response.content.decode()


@pytest.mark.parametrize("name", [name for name in CASES if "reason" in CASES[name].form])
def test_a_reason_is_needed(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = everything()
    response = client.post(url_of(name, document), {**form, "reason": "  "})
    assert response.status_code == 422
    assert everything() == before


@pytest.mark.parametrize("name", CASES)
def test_no_other_method_and_no_unknown_document(name: str) -> None:
    document = CASES[name].document()
    client = client_of(ADMIN)
    assert client.put(url_of(name, document)).status_code == 405
    document.pk = 4711
    assert client.get(url_of(name, document)).status_code == 404


@dataclass(frozen=True)
class Refusal:
    name: str
    arrange: Callable[[Any], Any]
    text: str
    form: dict[str, str] = field(default_factory=lambda: dict(REASON))


def nothing(document: Any) -> None:
    """Leave the document as the case has it."""


REFUSALS: Final = {
    "void with money": Refusal(
        "invoice_void", lambda invoice: make_payment(invoice=invoice), "has not been refunded"
    ),
    "void while open": Refusal(
        "invoice_void",
        lambda invoice: unlock_invoice(invoice=invoice, reason="x", origin=make_origin()),
        "only a finalized invoice can be voided",
    ),
    "cancel with money": Refusal(
        "invoice_cancel",
        lambda invoice: make_payment(invoice=invoice, amount=100),
        "has not been refunded",
    ),
    "date while open": Refusal(
        "invoice_date",
        lambda invoice: unlock_invoice(invoice=invoice, reason="x", origin=make_origin()),
        "is not finalized",
        {**REASON, "date": "2026-11-20"},
    ),
    "remove with refund": Refusal(
        "payment_remove",
        lambda payment: (
            Payment.objects.filter(pk=payment.pk).update(is_settled=True),
            make_refund("R-7", payment=payment),
        ),
        "has refund R-7",
    ),
    "refund too much": Refusal(
        "payment_refund",
        nothing,
        "more than the 150.00 left",
        {"number": "R-1", "date": "2026-11-20", "amount": "150.01", "method": "card"},
    ),
    "refund before the payment": Refusal(
        "payment_refund",
        nothing,
        "would be before payment P-1",
        {"number": "R-1", "date": "2026-11-02", "amount": "1", "method": "card"},
    ),
    "take more than is open": Refusal(
        "payment_take",
        lambda invoice: make_payment("P-8", invoice=invoice, amount=14000),
        "open on invoice 10023",
        {"number": "P-9", "date": "2026-11-20", "amount": "50", "method": "check"},
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_keeps_the_input_and_changes_nothing(refusal: Refusal) -> None:
    document = CASES[refusal.name].document()
    refusal.arrange(document)
    client = client_of(ADMIN)
    where = url_of(refusal.name, document)
    form = {**hidden(client.get(where)), **refusal.form, "step": "do"}
    if refusal.name == "payment_take":
        form[f"invoice_{document.pk}"] = "50"
    before = everything()
    response = client.post(where, form)
    text = response.content.decode()
    assert (response.status_code, refusal.text in text) == (422, True), text
    assert all(value in text for value in refusal.form.values())
    assert everything() == before


def test_a_refused_act_says_so_before_anything_is_typed() -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice)
    text = client_of(ADMIN).get(url_of("invoice_void", invoice)).content.decode()
    assert "cannot be voided while it holds money that has not been refunded" in text
    assert 'value="do"' not in text


def test_an_unsettled_payment_is_voided_and_never_refunded() -> None:
    payment = unsettled_payment()
    client = client_of(ADMIN)
    page = client.get(reverse("payments:detail", args=[payment.pk])).content.decode()
    assert "Void</a>" in page
    assert "Issue refund: it has not settled; it can only be voided in full." in page
    text = client.get(url_of("payment_remove", payment)).content.decode()
    assert "Void: payment P-1" in text


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        ("Office", ["Take payment"]),
        ("Accountant", ["Take payment"]),
        (
            ADMIN,
            ["Edit", "Edit date", "Do Not Batch", "Void", "Cancel invoice", "Take payment"],
        ),
    ],
)
def test_the_page_of_an_invoice_offers_what_this_person_may(role: str, labels: list[str]) -> None:
    invoice = make_invoice()
    text = client_of(role).get(reverse("invoices:detail", args=[invoice.pk])).content.decode()
    nav = text[
        text.index("document-actions") : text.index("</nav>", text.index("document-actions"))
    ]
    assert re.findall(r">([^<>]+)</a>", nav) == labels


def test_a_void_of_a_batched_invoice_is_followed_up() -> None:
    invoice = make_invoice("10023")
    make_ready_batch()
    client = client_of(ADMIN)
    text = client.get(url_of("invoice_void", invoice)).content.decode()
    assert "No file can carry this to QuickBooks. You will get a follow-up" in text
    form = form_for(client, "invoice_void", CASES["invoice_void"], invoice)
    assert client.post(url_of("invoice_void", invoice), form).status_code == 302
    assert FollowUp.objects.get().invoice == invoice


@pytest.mark.parametrize("name", ["invoice_void", "invoice_hold", "payment_dispute"])
def test_more_documents_and_lines_take_no_more_queries(name: str) -> None:
    counts = []
    client = client_of(ADMIN)
    for count in (1, 4):
        customer = make_customer()
        invoice = make_invoice(customer=customer, lines=(make_line(15000),) * count)
        payments = [make_payment(invoice=invoice, amount=100) for _ in range(count)]
        for payment in payments:
            make_refund(payment=payment, amount=100)
        make_ready_batch()
        document = invoice if name.startswith("invoice") else payments[0]
        client.get(url_of(name, document))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url_of(name, document)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
