"""The values that this app's services take, and their checks (domain.md §2, feed.md)."""

import datetime
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from invoices.models import Department, InvoiceDraft, InvoiceRevision, Job
from sera_batching.exceptions import Refused
from sera_batching.money import LARGEST_CENTS, cents_display
from sera_batching.texts import checked_line, checked_text, required_line

LARGEST_FACTOR: Final = Decimal(10) ** 9
"""Quantities and rates stay below: with six decimals these are the fifteen digits SQLite keeps."""
LARGEST_TAX_RATE: Final = Decimal(1000)
SMALLEST_STEP: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineValues:
    """One line; a discount or promo code has a negative amount. `amount_cents` in cents."""

    item: str
    description: str = ""
    quantity: Decimal
    rate: Decimal
    amount_cents: int
    is_taxable: bool = False
    class_name: str = ""
    service_date: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceValues:
    """All that an invoice says besides its number and customer; untaxed has no `tax_rate`."""

    job: Job | None = None
    department: Department | None = None
    date: datetime.date
    due_date: datetime.date
    terms: str = ""
    memo: str = ""
    message: str = ""
    tax_name: str = ""
    tax_rate: Decimal | None = None
    tax_cents: int = 0
    lines: tuple[LineValues, ...] = ()

    @property
    def subtotal_cents(self) -> int:
        return sum(line.amount_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """Σ lines + tax: there is no other total (workbooks.md, check 9)."""
        return self.subtotal_cents + self.tax_cents


def values_of(content: InvoiceRevision | InvoiceDraft) -> InvoiceValues:
    """Return the content of a revision or draft, to be edited or frozen again."""
    return InvoiceValues(
        job=content.job,
        department=content.department,
        date=content.date,
        due_date=content.due_date,
        terms=content.terms,
        memo=content.memo,
        message=content.message,
        tax_name=content.tax_name,
        tax_rate=content.tax_rate,
        tax_cents=content.tax_cents,
        lines=tuple(
            LineValues(
                item=line.item,
                description=line.description,
                quantity=line.quantity,
                rate=line.rate,
                amount_cents=line.amount_cents,
                is_taxable=line.is_taxable,
                class_name=line.class_name,
                service_date=line.service_date,
            )
            for line in content.lines.all()
        ),
    )


def dated(values: InvoiceValues, date: datetime.date) -> InvoiceValues:
    """Return the values with another date; the due date moves along, because the terms stay.

    It stops at the ends of the calendar: some systems write 12/31/9999 for "never due".
    """
    moved = values.due_date.toordinal() + (date - values.date).days
    last = datetime.date.max.toordinal()
    due_date = datetime.date.fromordinal(min(max(moved, 1), last))
    return replace(values, date=date, due_date=due_date)


def checked_values(values: InvoiceValues) -> InvoiceValues:
    """Return the values with normalized line breaks; raise Refused for invalid content."""
    if values.tax_rate is not None:
        _check_factor(values.tax_rate, label="tax rate", below=LARGEST_TAX_RATE)
        if values.tax_rate < 0:
            raise Refused("The tax rate is negative.")
    if values.tax_cents < 0:
        raise Refused("The tax is negative.")
    _check_amount(values.tax_cents, label="tax")
    checked = replace(
        values,
        terms=checked_line(values.terms, label="terms", longest=100),
        memo=checked_text(values.memo, label="memo"),
        message=checked_text(values.message, label="message"),
        tax_name=checked_line(values.tax_name, label="tax name", longest=100),
        lines=tuple(_checked_line_values(line) for line in values.lines),
    )
    if checked.total_cents < 0:
        raise Refused(
            f"The total would be {cents_display(checked.total_cents)}; it cannot be negative."
        )
    _check_amount(checked.total_cents, label="total")
    return checked


def _checked_line_values(line: LineValues) -> LineValues:
    _check_factor(line.quantity, label="quantity", below=LARGEST_FACTOR)
    _check_factor(line.rate, label="rate", below=LARGEST_FACTOR)
    _check_amount(line.amount_cents, label="amount of a line")
    required_line(line.item, label="item of a line", longest=255)
    checked_line(line.class_name, label="class of a line", longest=255)
    description = checked_text(line.description, label="description of a line")
    # Most texts need no change, and copying every line would slow a feed down.
    return line if description == line.description else replace(line, description=description)


def _check_factor(value: Decimal, *, label: str, below: Decimal) -> None:
    if not value.is_finite():
        raise Refused(f"The {label} is not a number.")
    if abs(value) >= below:
        raise Refused(f"The {label} {value} is too large; it stays below {below}.")
    if value != value.quantize(SMALLEST_STEP):
        raise Refused(f"The {label} {value} has more than six decimals.")


def _check_amount(cents: int, *, label: str) -> None:
    if abs(cents) > LARGEST_CENTS:
        raise Refused(f"The {label} {cents_display(cents)} has more than ten digits.")
