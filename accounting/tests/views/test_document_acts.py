"""Acts on invoices and payments as pages: who may, what they show, what they do and refuse."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import pytest
from django.apps import apps
from django.core.serializers import serialize
from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounting.models import FollowUp
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import unbatched
from invoices.models import Invoice
from invoices.services.invoices import hold_invoice, unlock_invoice
from invoices.tests.factories import make_customer, make_invoice, make_line, make_origin, make_user
from payments.models import Payment
from payments.services.payments import dispute_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent, SentForm

pytestmark = pytest.mark.django_db

ADMIN: Final = "Admin"
EVERYBODY: Final = ("Office", "Accountant", "Admin")


def pending_invoice() -> Invoice:
    return make_invoice("10023", finalized=False)


def finalized_invoice() -> Invoice:
    return make_invoice("10023")


def held_invoice() -> Invoice:
    return hold_invoice(invoice=make_invoice("10023"), note="x", origin=make_origin())


def settled_payment() -> Payment:
    return make_payment("P-1")


def unsettled_payment() -> Payment:
    return make_payment("P-1", is_settled=False)


def disputed_payment() -> Payment:
    return dispute_payment(payment=make_payment("P-1"), note="x", origin=make_origin())


@dataclass(frozen=True)
class Case:
    """An act on one document, by a form that is complete, and the sign that it was done."""

    document: Callable[[], Any]
    form: dict[str, str]
    audit: str
    roles: tuple[str, ...] = (ADMIN,)
    is_looked_at_first: bool = False


LINES: Final = {
    "lines-TOTAL_FORMS": "1",
    "lines-INITIAL_FORMS": "0",
    "lines-0-item": "Repair",
    "lines-0-quantity": "2",
    "lines-0-rate": "50",
}
REASON: Final = {"reason": "Because."}

CASES: Final = {
    "invoice_approve": Case(pending_invoice, REASON, "invoice.approved"),
    "invoice_edit": Case(
        finalized_invoice,
        {**REASON, **LINES, "due_date": "2026-12-31", "then": "approve"},
        "invoice.draft_edited",
        is_looked_at_first=True,
    ),
    "invoice_date": Case(
        finalized_invoice,
        {**REASON, "date": "2026-11-20"},
        "invoice.dated",
        is_looked_at_first=True,
    ),
    "invoice_void": Case(finalized_invoice, REASON, "invoice.voided"),
    "invoice_cancel": Case(pending_invoice, REASON, "invoice.cancelled"),
    "invoice_hold": Case(finalized_invoice, REASON, "invoice.held"),
    "invoice_resume": Case(held_invoice, {}, "invoice.resumed"),
    "payment_reallocate": Case(
        settled_payment, REASON, "payment.reallocated", is_looked_at_first=True
    ),
    "payment_refund": Case(
        settled_payment,
        {"number": "R-1", "date": "2026-11-20", "amount": "50.00", "method": "card"},
        "refund.recorded",
        is_looked_at_first=True,
    ),
    "payment_remove": Case(unsettled_payment, REASON, "payment.removed"),
    "payment_dispute": Case(settled_payment, REASON, "payment.disputed"),
    "payment_restore": Case(disputed_payment, REASON, "payment.restored"),
    "payment_settle": Case(unsettled_payment, REASON, "payment.changed"),
    "payment_take": Case(
        finalized_invoice,
        {"number": "P-9", "date": "2026-11-20", "amount": "50.00", "method": "check"},
        "payment.taken",
        roles=EVERYBODY,
        is_looked_at_first=True,
    ),
}


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def address(name: str, document: Any) -> str:
    if name == "payment_take":
        return f"{reverse('accounting:payment_take')}?invoice={document.pk}"
    return reverse(f"accounting:{name}", args=[document.pk])


def hidden(response: HttpResponseBase) -> dict[str, str]:
    """Return what the form on the page carries beside its values."""
    assert isinstance(response, HttpResponse)
    text = response.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', text)[1]  # type: ignore[index]
        for name in ("token", "version", "agreed")
    }


def form_for(client: Client, name: str, case: Case, document: Any) -> dict[str, str]:
    """Return the form as a person sends it who has looked at what it does."""
    where = address(name, document)
    form = {**hidden(client.get(where)), **case.form}
    if name == "payment_reallocate":
        form |= invoice_of(document)
    if case.is_looked_at_first:
        looked = client.post(where, {**form, "step": "look"})
        assert looked.status_code == 200, looked.content.decode()
        form |= hidden(looked)
    return {**form, "step": "do"}


def invoice_of(payment: Payment) -> dict[str, str]:
    invoice = Invoice.objects.filter(customer=payment.customer).first() or make_invoice(
        customer=payment.customer
    )
    return {f"invoice_{invoice.pk}": "100.00"}


def fingerprint() -> str:
    """Return a hash over every row that the application keeps."""
    found = hashlib.sha256()
    for label in ("sera_batching", "invoices", "payments", "accounting"):
        for model in apps.get_app_config(label).get_models():
            found.update(serialize("json", model._default_manager.order_by("pk")).encode())
    return found.hexdigest()


@pytest.mark.parametrize("name", CASES)
def test_each_act_by_each_role(name: str) -> None:
    case = CASES[name]
    document = case.document()
    where = address(name, document)
    form = form_for(client_of(ADMIN), name, case, document)
    others = [client_of(role) for role in EVERYBODY if role not in case.roles]
    before = fingerprint()
    for client in others:
        assert client.get(where).status_code == 403
        assert client.post(where, form).status_code == 403
    assert Client().post(where, form).status_code == 302
    assert fingerprint() == before

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
    before = fingerprint()
    form_for(client, name, case, document)
    assert fingerprint() == before


@pytest.mark.parametrize("name", CASES)
def test_what_was_not_shown_is_not_done(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = fingerprint()
    response = client.post(address(name, document), {**form, "agreed": ""})
    assert response.status_code == 409
    assert "Nothing was done yet" in response.content.decode()
    assert fingerprint() == before
    # It is in sight now: the next click does it.
    assert client.post(address(name, document), {**form, **hidden(response)}).status_code == 302


@pytest.mark.parametrize("name", [name for name in CASES if name != "payment_take"])
def test_a_document_that_moved_is_a_conflict(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = fingerprint()
    kind = "status" if name.startswith("invoice") else "state"
    form["version"] = re.sub(rf"{kind}=\w+", f"{kind}=other", form["version"])
    response = client.post(address(name, document), form)
    assert response.status_code == 409
    assert "has changed since this form was opened: it is " in response.content.decode()
    assert fingerprint() == before
    if case.form.get("reason"):
        assert "Because." in response.content.decode()


@pytest.mark.parametrize("name", [name for name in CASES if "reason" in CASES[name].form])
def test_a_reason_is_needed(name: str) -> None:
    case = CASES[name]
    document = case.document()
    client = client_of(ADMIN)
    form = form_for(client, name, case, document)
    before = fingerprint()
    response = client.post(address(name, document), {**form, "reason": "  "})
    assert response.status_code == 422
    assert fingerprint() == before


@pytest.mark.parametrize("name", CASES)
def test_no_other_method_and_no_unknown_document(name: str) -> None:
    document = CASES[name].document()
    client = client_of(ADMIN)
    assert client.put(address(name, document)).status_code == 405
    document.pk = 4711
    assert client.get(address(name, document)).status_code == 404


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
        "invoice_void", lambda invoice: make_payment(invoice=invoice), "not refunded"
    ),
    "void while open": Refusal(
        "invoice_void",
        lambda invoice: unlock_invoice(invoice=invoice, reason="x", origin=make_origin()),
        "only a finalized invoice can be voided",
    ),
    "cancel with money": Refusal(
        "invoice_cancel", lambda invoice: make_payment(invoice=invoice, amount=100), "not refunded"
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
    where = address(refusal.name, document)
    form = {**hidden(client.get(where)), **refusal.form, "step": "do"}
    if refusal.name == "payment_take":
        form[f"invoice_{document.pk}"] = "50"
    before = fingerprint()
    response = client.post(where, form)
    text = response.content.decode()
    assert (response.status_code, refusal.text in text) == (422, True), text
    assert all(value in text for value in refusal.form.values())
    assert fingerprint() == before


def test_a_refused_act_says_so_before_anything_is_typed() -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice)
    text = client_of(ADMIN).get(address("invoice_void", invoice)).content.decode()
    assert "cannot be voided while money on it is not refunded" in text
    assert 'value="do"' not in text


def test_an_unsettled_payment_is_voided_and_never_refunded() -> None:
    payment = unsettled_payment()
    client = client_of(ADMIN)
    page = client.get(reverse("payments:detail", args=[payment.pk])).content.decode()
    assert "Void</a>" in page
    assert "Issue refund: it has not settled; it can only be voided in full." in page
    text = client.get(address("payment_remove", payment)).content.decode()
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


# Editing


def edit_form(client: Client, invoice: Invoice, **values: str) -> dict[str, str]:
    where = address("invoice_edit", invoice)
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
    looked = client.post(address("invoice_edit", invoice), {**form, "step": "approve"})
    text = looked.content.decode()
    assert "Invoice 10023 will be in “2 Invoice Updates” of the next batch, with 100.00." in text
    assert "Payment P-1 will be in “4 Payment Updates” of the next batch, with 100.00." in text
    sent = client.post(
        address("invoice_edit", invoice),
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
    looked = client.post(address("invoice_edit", invoice), {**form, "step": "draft"})
    assert "is not in the books yet" in looked.content.decode()
    sent = client.post(
        address("invoice_edit", invoice), {**form, **hidden(looked), "then": "draft", "step": "do"}
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
    before = fingerprint()
    text = client.post(
        address("invoice_edit", invoice), {**form, "step": "drop:0"}
    ).content.decode()
    assert 'name="lines-TOTAL_FORMS" value="2"' in text
    assert re.findall(r'name="lines-\d-item" value="(\w+)"', text) == ["Second", "Third"]
    assert text.count("checked") == 1
    text = client.post(address("invoice_edit", invoice), {**form, "step": "add"}).content.decode()
    assert 'name="lines-TOTAL_FORMS" value="4"' in text
    assert re.findall(r'name="lines-\d-item" value="(\w+)"', text) == ["Repair", "Second", "Third"]
    assert fingerprint() == before


@pytest.mark.parametrize("step", ["drop:", "drop:9", "drop:-1", "drop:x", "add:x", "nonsense"])
def test_a_step_that_makes_no_sense_changes_nothing(step: str) -> None:
    invoice = make_invoice("10023")
    client = client_of(ADMIN)
    form = edit_form(client, invoice)
    before = fingerprint()
    response = client.post(address("invoice_edit", invoice), {**form, "step": step})
    assert response.status_code in (200, 422)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"lines-0-amount": "99"}, "Line 1: 2 × 50 is 100.00, not 99.00"),
        ({"lines-0-rate": ""}, "Line 1, Rate: Give quantity and rate, or only an amount."),
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
    before = fingerprint()
    response = client.post(address("invoice_edit", invoice), {**form, "step": "approve"})
    assert response.status_code == 422
    assert text.replace("“1e3”", "&quot;1e3&quot;") in response.content.decode()
    assert fingerprint() == before


def test_figures_that_came_disagreeing_may_stay() -> None:
    invoice = make_invoice(
        "10023", lines=(make_line(10001, rate=Decimal(50), quantity=Decimal(2)),)
    )
    client = client_of(ADMIN)
    form = edit_form(client, invoice, **{"lines-0-amount": "100.01"})
    response = client.post(address("invoice_edit", invoice), {**form, "step": "approve"})
    assert response.status_code == 200


# Payments


def test_a_payment_is_split_and_the_rest_stays_a_deposit() -> None:
    customer = make_customer()
    first = make_invoice("10001", customer=customer, total=6000)
    second = make_invoice("10002", customer=customer, total=5000)
    payment = make_payment("P-1", customer=customer)
    client = client_of(ADMIN)
    where = address("payment_reallocate", payment)
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
    where = address("payment_take", invoice)
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
    assert client.get(f"{reverse('accounting:payment_take')}?{query}").status_code == 404


def test_the_customer_is_found_by_name_or_invoice() -> None:
    invoice = make_invoice("10023", customer=make_customer("C-7", name="Birch LLC"))
    client = client_of("Office")
    for text in ("birch", "c-7", "10023"):
        page = client.get(reverse("accounting:payment_take"), {"q": text}).content.decode()
        assert f"?customer={invoice.customer_id}" in page
    page = client.get(reverse("accounting:payment_take"), {"q": "nobody"}).content.decode()
    assert "No customer matches “nobody”." in page


def test_a_void_of_a_batched_invoice_is_followed_up() -> None:
    invoice = make_invoice("10023")
    make_ready_batch()
    client = client_of(ADMIN)
    text = client.get(address("invoice_void", invoice)).content.decode()
    assert "This cannot reach QuickBooks by file. You will get a follow-up" in text
    form = form_for(client, "invoice_void", CASES["invoice_void"], invoice)
    assert client.post(address("invoice_void", invoice), form).status_code == 302
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
        client.get(address(name, document))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(name, document)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
