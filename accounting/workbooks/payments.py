"""Files 3 and 4: one row per invoice that a payment pays, and one for the unapplied rest."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from accounting.records.documents import BatchSettings, PaymentRecord
from accounting.records.limits import LIMITS, cut
from accounting.workbooks.layouts import PAYMENT_INSERTS, SheetRow, row_maker
from sera_batching.money import cents_text

METHOD_NAMES: Final[Mapping[str, str]] = {
    "card": "Card",
    "ach": "ACH",
    "cash": "Cash",
    "check": "Check",
    "external": "External",
    "on_file": "On File",
}
"""Our payment methods as QuickBooks shows them (at most 31 characters)."""


def rows(
    record: PaymentRecord, settings: BatchSettings, *, file_number: int = PAYMENT_INSERTS
) -> Iterator[SheetRow]:
    """Yield the rows of one payment in layout order, amounts in cents (files 3 and 4)."""
    make_row = row_maker(file_number, settings.profile, settings.layout_version)
    values: dict[str, Any] = {
        "number": record.number,
        "date": record.date,
        "customer": record.party.accounting_key,
        "method": METHOD_NAMES[record.method],
        "deposit_account": settings.deposit_account(record.method),
        "journal_number": None,
        "reference": record.reference,
        "memo": cut(memo(record), LIMITS[settings.profile].memo),
        "internal_id": None,
    }
    for row in record.rows:
        values["invoice_number"] = row.invoice_number
        values["amount"] = row.amount_cents
        yield make_row(values)


def memo(record: PaymentRecord) -> str:
    """Return the memo before cutting: gross and netted refunds first, if any (domain.md §3)."""
    if not record.netted:
        return record.memo
    refunds = ", ".join(f"{number} {cents_text(cents)}" for number, cents in record.netted)
    word = "refund" if len(record.netted) == 1 else "refunds"
    netting = f"Gross {cents_text(record.gross_cents)} less {word} {refunds}."
    return f"{netting} {record.memo}".rstrip()
