"""Warnings about invoices beyond their content: addresses, and what was sent before."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import F, Q
from django.db.models.functions import Trim
from django.db.models.lookups import Exact

from accounting.batches.warnings.warning import PendingWarning, about_invoice
from accounting.checks import batches
from accounting.models import Draft, Kind
from accounting.models.kinds import INVOICE_KINDS
from sera_batching.models import Company

_TAX_ADDRESS: Final = {
    "line1": "street",
    "city": "city",
    "state": "state",
    "postal_code": "postal code",
}
"""Parts of an address that sales tax depends on → their names."""


def without_tax_address(draft: Draft, profile: str) -> Iterator[PendingWarning]:
    """Check 12: QuickBooks Online calculates the tax of a taxed invoice from the address.

    That is the service address, or the billing address where the customer has no other.
    """
    if profile != Company.Profile.ONLINE:
        return
    is_taxed = Q(invoice_revision__tax_name__gt="") | Q(invoice_revision__tax_cents__gt=0)
    has_own = Q(customer__has_service_address=True)
    is_incomplete = (has_own & _lacks_something("service")) | (
        ~has_own & _lacks_something("billing")
    )
    items = draft.items.filter(is_taxed, is_incomplete, kind__in=INVOICE_KINDS)
    for item in items.select_related("customer"):
        customer = item.customer
        used = "service" if customer.has_service_address else "billing"
        missing = [
            name
            for field, name in _TAX_ADDRESS.items()
            if not getattr(customer, f"{used}_{field}").strip()
        ]
        yield about_invoice(
            item, batches.tax_address_incomplete(missing, address=used), item.amount_cents
        )


def _lacks_something(address: str) -> Q:
    parts = (Trim(f"customer__{address}_{field}") for field in _TAX_ADDRESS)
    return reduce(or_, (Q(Exact(part, "")) for part in parts))


def in_another_month(draft: Draft) -> Iterator[PendingWarning]:
    """Check 18: the update moves revenue between periods."""
    items = draft.items.filter(kind=Kind.INVOICE_UPDATE, previous__isnull=False).exclude(
        date__year=F("previous__date__year"), date__month=F("previous__date__month")
    )
    for item in items.select_related("customer", "previous"):
        assert item.previous is not None  # noqa: S101 - an update has one
        text = batches.date_in_another_month(item.date, item.previous.date)
        yield about_invoice(item, text, item.amount_cents)
