"""The tax of an invoice that is edited here (docs/rounding.md). Pure; all in cents."""

from collections.abc import Iterable
from decimal import Decimal

from invoices.services.values import InvoiceValues, LineValues
from sera_batching.exceptions import Refused
from sera_batching.money import round_half_up, to_decimal


def taxable_cents(lines: Iterable[LineValues]) -> int:
    """Return the sum of the taxable lines, less discounts."""
    return sum(line.amount_cents for line in lines if line.is_taxable)


def tax_of(lines: Iterable[LineValues], rate: Decimal | None) -> int:
    """Return the tax at this rate, in per cent, on the taxable lines together; never below zero."""
    if rate is None:
        return 0
    return max(0, round_half_up(to_decimal(taxable_cents(lines)) * rate / 100))


def edited_tax(lines: Iterable[LineValues], rate: Decimal | None, *, before: InvoiceValues) -> int:
    """Return the tax after an edit; unchanged if the taxable amount and the rate are unchanged.

    Raises Refused if the invoice has a tax but no rate to calculate it from.
    """
    lines = tuple(lines)
    if rate == before.tax_rate and taxable_cents(lines) == taxable_cents(before.lines):
        return before.tax_cents
    if rate is None and before.tax_rate is None and before.tax_cents:
        raise Refused(
            "The invoice has a tax amount but no rate. Enter the rate to recalculate the tax."
        )
    return tax_of(lines, rate)
