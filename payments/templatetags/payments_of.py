"""For the page of an invoice: the invoices app knows nothing of payments, its page shows them."""

from dataclasses import dataclass

from django import template

from invoices.models import Invoice
from payments.balances import NetAllocation, billed_cents_of, net_allocations

register = template.Library()


@dataclass(frozen=True, slots=True)
class InvoicePayments:
    """What was paid on an invoice and what is open, in cents."""

    allocations: list[NetAllocation]
    billed_cents: int

    @property
    def paid_cents(self) -> int:
        return sum(one.net_cents for one in self.allocations)

    @property
    def open_cents(self) -> int:
        return self.billed_cents - self.paid_cents


@register.simple_tag
def payments_of_invoice(invoice: Invoice) -> InvoicePayments:
    """Return the payments on an invoice that are not removed; two statements."""
    return InvoicePayments(net_allocations([invoice.pk]), billed_cents_of([invoice])[invoice.pk])
