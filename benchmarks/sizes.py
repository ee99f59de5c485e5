"""How many documents there are, and which of them are special."""

from dataclasses import dataclass
from datetime import date
from typing import Final

DEPARTMENTS: Final = ("HVAC", "Plumbing", "Electrical", "Sewer", "Water")
ITEMS: Final = ("Plumbing:Repair", "Labor", "Parts", "HVAC:Tune up")
METHODS: Final = ("card", "check", "ach", "cash")
FIRST_DAY: Final = date(2025, 1, 1)
DAYS: Final = 300
FROZEN_AT: Final = "2026-01-05 12:00:00"
CHANGED_AT: Final = "2026-01-06 12:00:00"
INVOICES_A_CUSTOMER: Final = 5

# Every nth document is special; n is prime, so that all combinations occur.
CHANGED: Final = 100
"""Of the invoices in the books: edited since."""
INEXACT: Final = 97
"""A line's quantity times rate is not its amount: a warning."""
LONG_NUMBER: Final = 997
"""An invoice number that QuickBooks does not take: blocked."""
BAD_KEY: Final = 499
"""Of the customers: an accounting key with a colon, so all of theirs is blocked."""
REFUNDED: Final = 101
PARTLY_PAID: Final = 11
OVERPAID: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many documents there are; `lines` are those of an unbatched invoice."""

    invoices: int
    payments: int
    lines: int = 5
    batched_invoices: int = 0
    batched_payments: int = 0

    @property
    def customers(self) -> int:
        return max(1, (self.invoices + self.batched_invoices) // INVOICES_A_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a payment needs to know of an invoice."""

    number: str
    revision_id: int
    fingerprint: str
    total_cents: int


def customer_of(invoice_id: int, size: Size) -> int:
    return invoice_id % size.customers + 1
