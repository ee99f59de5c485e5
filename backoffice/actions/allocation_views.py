"""Taking and reallocating payments (domain.md §7)."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.actions.flow import ActionPage, Values, carry_out, url_of
from backoffice.actions.pages import METHODS, find_document, page_of
from backoffice.actions.payment_forms import (
    ReallocateForm,
    TakePaymentForm,
    payment_values_of,
)
from backoffice.actions.perform import Operation
from invoices.models import Customer, Invoice
from payments.balances import left_cents
from payments.models import Payment
from payments.open_invoices import open_invoices_of
from payments.services.freezing import current_of
from payments.services.payments import reallocate_payment, take_payment
from sera_batching.filters import SearchForm
from sera_batching.numbers import propose_number
from sera_batching.origin import Origin

MOST_CUSTOMERS = 20


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.reallocate_payment", raise_exception=True)
def payment_reallocate(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Allocate a payment to invoices of its customer; the rest stays a deposit."""
    payment = find_document(Payment, payment_id)
    allocated = {one.invoice_id: one.amount_cents for one in current_of(payment).allocations.all()}
    offered = open_invoices_of(payment.customer.survivor, without=payment, always=allocated)
    # The order of allocations matters (domain.md §3): existing ones come first.
    places = list(allocated)
    offered.sort(
        key=lambda one: places.index(one.invoice.pk) if one.invoice.pk in allocated else len(places)
    )

    def act(values: Values, origin: Origin) -> Operation:
        return lambda: reallocate_payment(
            payment=payment,
            allocations=values["allocations"],
            reason=values["reason"],
            origin=origin,
        )

    page = page_of(
        payment,
        "Reallocate",
        act=act,
        assumed=None,
        form=lambda data: ReallocateForm(data, offered=offered, allocated=allocated),
        done=f"Payment {payment.number} was reallocated.",
        template="backoffice/actions/allocate.html",
        extra={
            "amount_cents": current_of(payment).amount_cents,
            "left_cents": left_cents(payment),
        },
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.take_payment", raise_exception=True)
def payment_take(request: HttpRequest) -> HttpResponse:
    """Take a payment of a customer, on invoices or as a deposit; ask for the customer first."""
    invoice = read_invoice(request)
    customer = invoice.customer.survivor if invoice else read_customer(request)
    if customer is None:
        return choose_customer(request)
    return carry_out(request, take_page(customer, invoice))


def take_page(customer: Customer, invoice: Invoice | None) -> ActionPage:
    """Return the page; for an invoice it suggests the open balance."""
    offered = open_invoices_of(customer, always=[invoice.pk] if invoice else [])
    if invoice is not None:
        offered.sort(key=lambda one: one.invoice.pk != invoice.pk)
    proposed = {
        one.invoice.pk: one.open_cents
        for one in offered
        if invoice is not None and one.invoice.pk == invoice.pk and one.open_cents > 0
    }
    initial = {
        "number": propose_number(Payment.objects.all(), prefix="P-"),
        "date": timezone.localdate(),
        "amount": sum(proposed.values()) or None,
        "is_settled": True,
    }

    def act(values: Values, origin: Origin) -> Operation:
        return lambda: take_payment(
            number=values["number"],
            customer=customer,
            values=payment_values_of(values),
            is_settled=values["is_settled"],
            origin=origin,
        )

    return ActionPage(
        document=None,
        heading=f"Take a payment from {customer.name}",
        verb="Take payment",
        done="The payment was recorded.",
        form=lambda data: TakePaymentForm(
            data, offered=offered, allocated=proposed, customer=customer, initial=initial
        ),
        act=act,
        back=url_of(invoice) if invoice else reverse("payments:list"),
        template="backoffice/actions/allocate.html",
        extra={"customer": customer},
    )


def read_invoice(request: HttpRequest) -> Invoice | None:
    """Return the invoice that the URL names, or None if it names none; Http404 if unknown."""
    found: Invoice | None = _read(request, "invoice", Invoice.objects.select_related("customer"))
    return found


def read_customer(request: HttpRequest) -> Customer | None:
    """Return the customer that the URL names, or who took their place."""
    found: Customer | None = _read(request, "customer", Customer.objects.all())
    return found.survivor if found else None


def _read(request: HttpRequest, name: str, among: Any) -> Any:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404(f"There is no such {name}.")
    found = among.filter(pk=int(text)).first()
    if found is None:
        raise Http404(f"There is no such {name}.")
    return found


def choose_customer(request: HttpRequest) -> HttpResponse:
    """Ask for the customer by a part of the name or number, or by the number of an invoice."""
    form = SearchForm(request.GET)
    text = form.understood.get("text", "")
    found: list[Customer] = []
    if text:
        wanted = Q(name__icontains=text) | Q(number__iexact=text) | Q(invoices__number__iexact=text)
        customers = Customer.objects.surviving().filter(wanted).distinct()
        found = list(customers.order_by("name", "number")[: MOST_CUSTOMERS + 1])
    context = {
        "text": text,
        "customers": found[:MOST_CUSTOMERS],
        "has_more": len(found) > MOST_CUSTOMERS,
        "problems": form.problems,
    }
    return render(request, "backoffice/actions/choose_customer.html", context)
