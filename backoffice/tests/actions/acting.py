"""The pages of actions on documents: one case each, and how a person uses them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from invoices.models import Invoice
from invoices.services.invoices import hold_invoice
from invoices.tests.factories import make_invoice, make_origin, make_user
from payments.models import Payment
from payments.services.payments import dispute_payment
from payments.tests.factories import make_payment

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
    """An action on one document, with a complete form, and how to see that it was done."""

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


def url_of(name: str, document: Any) -> str:
    if name == "payment_take":
        return f"{reverse('backoffice:payment_take')}?invoice={document.pk}"
    return reverse(f"backoffice:{name}", args=[document.pk])


def hidden(response: HttpResponseBase) -> dict[str, str]:
    """Return the hidden fields of the form on the page."""
    assert isinstance(response, HttpResponse)
    text = response.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', text)[1]  # type: ignore[index]
        for name in ("token", "version", "agreed")
    }


def form_for(client: Client, name: str, case: Case, document: Any) -> dict[str, str]:
    """Return the form as a person submits it after the preview."""
    where = url_of(name, document)
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
