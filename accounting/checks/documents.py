"""The checks of one document alone: a record in, the problem and the remedy of each fault out.

Each is a generator; `table.CHECKS` gives its number and severity. All take a profile, even if the
check is the same for both, so that all fit one table.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

from accounting.checks.names import Problem
from accounting.records.documents import (
    DESKTOP,
    PROFILE_NAMES,
    BatchSettings,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    PaymentRecord,
)
from accounting.records.limits import LIMITS
from accounting.workbooks import journals
from accounting.workbooks.invoices import explains_amount
from sera_batching.date_texts import day_text
from sera_batching.money import LARGEST_CENTS, cents_display, round_half_up, to_decimal

_NO_TAX_COLUMN: Final = (
    "The file has no column for the amount; QuickBooks Desktop calculates it from the tax item."
)


# 1: number present and within the limit (that it is unique is a constraint of the database)


def _number(what: str, number: str, limit: int, profile: str) -> Iterator[Problem]:
    if not number.strip():
        yield f"The {what} has no number.", f"Give the {what} a number."
    elif len(number) > limit:
        name = PROFILE_NAMES[profile]
        yield (
            f"The {what} number {number} has {len(number)} characters; {name} allows {limit}.",
            "Use a shorter number. We don't shorten numbers: two could become the same.",
        )


def invoice_number(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 1 of an invoice."""
    yield from _number("invoice", record.number, LIMITS[profile].document_number, profile)


def payment_number(record: PaymentRecord, profile: str) -> Iterator[Problem]:
    """Check 1 of a payment."""
    yield from _number("payment", record.number, LIMITS[profile].payment_number, profile)


def refund_number(record: JournalRecord, profile: str) -> Iterator[Problem]:
    """Check 1 of a refund: its number becomes the journal number."""
    yield from _number("refund", record.number, LIMITS[profile].document_number, profile)


def credit_memo_number(record: CreditMemoRecord, profile: str) -> Iterator[Problem]:
    """Check 1 of a credit memo."""
    yield from _number("credit memo", record.number, LIMITS[profile].document_number, profile)


# 6: due on or after the day of the invoice


def due_date(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 6: the importer refuses a due date earlier than the transaction."""
    if record.due_date is not None and record.due_date < record.date:
        due, dated = day_text(record.due_date), day_text(record.date)
        yield (
            f"The invoice is due on {due}, before its date, {dated}.",
            "Correct the date or the due date, and approve the invoice again.",
        )


# 7: amounts of at most ten digits (finite and of whole cents they are by their type)


def _amounts(amounts: Iterable[tuple[str, int]]) -> Iterator[Problem]:
    for what, cents in amounts:
        if abs(cents) > LARGEST_CENTS:
            yield (
                (
                    f"{what} is {cents_display(cents)}; the largest allowed is "
                    f"{cents_display(LARGEST_CENTS)}."
                ),
                "Correct the amount.",
            )


def invoice_amounts(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 7 of an invoice."""
    yield from _amounts(
        [
            *(
                (f"The amount of line {position}", line.amount_cents)
                for position, line in enumerate(record.lines, start=1)
            ),
            ("The tax", record.tax_cents),
            ("The total", record.total_cents),
        ]
    )


def payment_amounts(record: PaymentRecord, profile: str) -> Iterator[Problem]:
    """Check 7 of a payment."""
    yield from _amounts([("The amount", record.gross_cents)])


def refund_amounts(record: JournalRecord, profile: str) -> Iterator[Problem]:
    """Check 7 of a refund."""
    yield from _amounts([("The amount", record.amount_cents)])


# 8: quantity times rate is the line amount


def quantity_and_rate(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 8: the rows leave quantity and rate blank exactly for the lines that this finds."""
    lines = [
        str(position)
        for position, line in enumerate(record.lines, start=1)
        if not explains_amount(line)
    ]
    if lines:
        where = f"{'Line' if len(lines) == 1 else 'Lines'} {', '.join(lines)}"
        yield (
            f"{where}: quantity times rate doesn't equal the amount, so both are left blank.",
            "The amount is right. Correct the line if QuickBooks should show quantity and rate.",
        )


# 9: lines and tax add up to the total


def invoice_sum(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 9: to the cent, since the importer adds up the lines itself."""
    lines_cents = sum(line.amount_cents for line in record.lines)
    if lines_cents + record.tax_cents != record.total_cents:
        lines, tax = cents_display(lines_cents), cents_display(record.tax_cents)
        total = cents_display(record.total_cents)
        yield (
            f"Lines of {lines} and tax of {tax} do not add up to the total of {total}.",
            (
                "Edit the invoice so that its lines and tax add up to its total, and approve it "
                "again."
            ),
        )


def desktop_tax(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 9 in Desktop: no column of its files has the tax amount, only the tax item."""
    if profile != DESKTOP or record.tax_cents == 0:
        return
    taxable_cents = sum(line.amount_cents for line in record.lines if line.is_taxable)
    rate = record.tax_rate or Decimal(0)
    computed_cents = round_half_up(to_decimal(taxable_cents) * rate / 100)
    if computed_cents != record.tax_cents:
        tax, computed = cents_display(record.tax_cents), cents_display(computed_cents)
        yield (
            (
                f"The tax is {tax}; its rate applied to the taxable lines gives {computed}. "
                f"{_NO_TAX_COLUMN}"
            ),
            "After loading, check the total in QuickBooks and correct the tax there.",
        )


def restated(
    check: Callable[[InvoiceRecord, str], Iterator[Problem]],
) -> Callable[[CreditMemoRecord, str], Iterator[Problem]]:
    """Return the same check for a credit memo, run on the invoice that it restates."""

    def of_credit_memo(record: CreditMemoRecord, profile: str) -> Iterator[Problem]:
        return check(record.invoice, profile)

    return of_credit_memo


# 10: the total is not negative


def invoice_total(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 10: QuickBooks has no negative invoices."""
    if record.total_cents < 0:
        yield (
            f"The total is {cents_display(record.total_cents)}; it can't be negative.",
            "Raise the total to 0.00 or more, or enter a credit memo in QuickBooks.",
        )


# 11: tax needs a code and something to be on


def taxable_tax(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 11: without a tax code or a taxable line the importer ignores the tax."""
    if record.tax_cents <= 0:
        return
    tax = cents_display(record.tax_cents)
    if not record.tax_name.strip():
        yield (
            f"The tax of {tax} has no tax code.",
            "Enter the name of the sales tax on the invoice, and approve it again.",
        )
    if not any(line.is_taxable for line in record.lines):
        yield (
            f"There is a tax of {tax}, but no line is taxable.",
            "Mark the taxable lines, or remove the tax, and approve the invoice again.",
        )


# 13: the rows of a payment


def payment_rows(record: PaymentRecord, profile: str) -> Iterator[Problem]:
    """Check 13: each row above zero, all rows together the amount, one row per invoice."""
    for row in record.rows:
        if row.amount_cents <= 0:
            where = (
                f"for invoice {row.invoice_number}" if row.invoice_number else "without an invoice"
            )
            amount = cents_display(row.amount_cents)
            yield (
                f"The part {where} is {amount}; it must be more than 0.00.",
                "Correct how the payment is applied.",
            )
    rows_cents = sum(row.amount_cents for row in record.rows)
    if rows_cents != record.net_cents:
        parts, net = cents_display(rows_cents), cents_display(record.net_cents)
        yield (
            f"The parts of the payment add up to {parts}, not to {net}.",
            "Correct how the payment is applied.",
        )
    numbers = [row.invoice_number.casefold() for row in record.rows]
    for number in dict.fromkeys(numbers):
        if numbers.count(number) > 1:
            yield (
                f"The payment is applied to invoice {number} more than once."
                if number
                else "The payment has more than one part without an invoice.",
                "Correct how the payment is applied: one part for each invoice.",
            )


# 17: the journal entry of a refund


def journal_balance(record: JournalRecord, settings: BatchSettings) -> Iterator[Problem]:
    """Check 17, on the very entries that become the rows."""
    entries = journals.entries(record, settings)
    debit = sum(entry.debit_cents or 0 for entry in entries)
    credit = sum(entry.credit_cents or 0 for entry in entries)
    if debit != credit or len(entries) < 2:
        sides = f"debit {cents_display(debit)}, credit {cents_display(credit)}"
        yield f"The journal entry is out of balance: {sides}.", "Correct the refund."
    if any((entry.debit_cents or 0) <= 0 and (entry.credit_cents or 0) <= 0 for entry in entries):
        yield (
            f"The refund is {cents_display(record.amount_cents)}; it must be more than 0.00.",
            "Correct the refund.",
        )
    if any(not entry.account.strip() for entry in entries):
        yield (
            "A line of the journal entry has no account.",
            "Set the Accounts Receivable account and the refund accounts in the company settings.",
        )
    receivable = [
        entry for entry in entries if _is_same_account(entry.account, settings.ar_account)
    ]
    if len(receivable) != 1:
        yield (
            (
                "The refund is paid from the Accounts Receivable account "
                f'"{settings.ar_account}" itself.'
            ),
            "Choose a different refund account for this method in the company settings.",
        )
    elif not receivable[0].name.strip():
        yield (
            "The Accounts Receivable line has no customer.",
            "Give the customer an accounting key.",
        )


def _is_same_account(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
