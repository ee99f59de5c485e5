"""The texts of checks across several documents or of the settings; their callers run them."""

from collections.abc import Sequence
from datetime import date

from accounting.checks.table import CheckResult
from sera_batching.date_texts import day_text
from sera_batching.money import cents_display


def invoice_missing(invoice_number: str) -> CheckResult:
    """Check 14, yellow: QuickBooks cannot have the payment's invoice yet."""
    return CheckResult(
        "14",
        "warn",
        f"Invoice {invoice_number} is neither in this batch nor in an earlier one.",
        "Before loading the payment, batch and load the invoice, or enter it in QuickBooks.",
    )


def payment_capped(
    invoice_number: str, moved_cents: int, journal_numbers: Sequence[str] = ()
) -> CheckResult:
    """Check 15: what the invoice has no room for went to the blank row (domain.md §3).

    `journal_numbers` are the journals that refunded a payment of the invoice. The rest belongs
    there, because in the books the refunded payment still fills the invoice.
    """
    amount = cents_display(moved_cents)
    if journal_numbers:
        named = " or ".join(journal_numbers)
        remedy = f"In QuickBooks, apply the {amount} to journal entry {named}."
    else:
        remedy = (
            f"In QuickBooks, apply the {amount} by hand to invoice {invoice_number} once it "
            "has an open balance, or to the invoice where it belongs."
        )
    return CheckResult(
        "15",
        "warn",
        f"Invoice {invoice_number} has no open balance for {amount} of this payment; that "
        "part goes out without an invoice number.",
        remedy,
    )


def refund_in_another_month(refund_number: str) -> CheckResult:
    """Check 15b: netting moves money between periods."""
    return CheckResult(
        "15b",
        "warn",
        f"Refund {refund_number} is netted in this payment, but is dated in another month.",
        "If the payment's month is closed, enter the payment and the refund separately in "
        "QuickBooks.",
    )


def tax_address_incomplete(missing: Sequence[str], *, address: str) -> CheckResult:
    """Check 12: QuickBooks Online calculates tax from this address, "service" or "billing"."""
    return CheckResult(
        "12",
        "warn",
        f"QuickBooks Online calculates sales tax from the {address} address, which has no "
        f"{' and no '.join(missing)}.",
        "Complete the customer's address, or check the tax in QuickBooks after loading.",
    )


def date_in_another_month(now: date, sent: date) -> CheckResult:
    """Check 18: the update moves revenue between periods."""
    return CheckResult(
        "18",
        "warn",
        f"The invoice is dated {day_text(now)}; it was last sent with {day_text(sent)}, "
        "in another month.",
        "If either month has been reported or closed, get the change approved before loading.",
    )


def books_closed(now: date, closing_date: date, sent: date | None = None) -> CheckResult:
    """Check 19: QuickBooks changes nothing in a closed period.

    An update changes what was sent before, so the date that it was sent with counts too.
    """
    dated = (
        f"It was last sent with the date {day_text(sent)}"
        if sent and now > closing_date
        else f"It is dated {day_text(now)}"
    )
    return CheckResult(
        "19",
        "block",
        f"{dated}; the books are closed through {day_text(closing_date)}.",
        "Give it a later date, or reopen the period by changing the closing date in Settings.",
    )


def payment_on_imported_job(job_number: str) -> CheckResult:
    """Check 16: its invoice did not originate here, so nothing can name it (domain.md §3)."""
    return CheckResult(
        "16",
        "warn",
        f"The payment is for imported job {job_number}; it goes out without an invoice number.",
        "In QuickBooks, apply the payment by hand to the imported job's invoice.",
    )
