"""The invoices of a customer that a payment can be applied to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from invoices.models import Customer, Invoice
from payments.balances import open_cents_of
from payments.models import Payment

MOST_INVOICES: Final = 200
"""How many a form offers, newest first."""


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice and the cents that are open on it, not counting the payment that is moved."""

    invoice: Invoice
    open_cents: int


def open_invoices_of(
    customer: Customer, *, without: Payment | None = None, always: Iterable[int] = ()
) -> list[OpenInvoice]:
    """Return the customer's invoices with something open, by number; `always` these ids too.

    Those of customers that were merged into this one count. Three queries.
    """
    wanted = set(always)
    invoices = Invoice.objects.filter(customer__in=Customer.objects.of_one(customer)).order_by(
        "-pk"
    )
    kept = {
        invoice.pk: invoice
        for invoice in invoices
        if invoice.pk in wanted
        or invoice.status in (Invoice.Status.PENDING, Invoice.Status.FINALIZED)
    }
    open_cents = open_cents_of(kept.values(), without=without)
    found = [
        OpenInvoice(invoice, open_cents[pk])
        for pk, invoice in kept.items()
        if open_cents[pk] > 0 or pk in wanted
    ][:MOST_INVOICES]
    return sorted(found, key=lambda one: one.invoice.number)
