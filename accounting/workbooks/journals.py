"""File 5: the journal entry of a refund, two rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounting.records.documents import BatchSettings, JournalRecord
from accounting.records.limits import LIMITS, cut
from accounting.workbooks.layouts import JOURNAL_INSERTS, SheetRow, row_maker


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a journal entry; exactly one of debit and credit (cents) is set."""

    account: str
    debit_cents: int | None
    credit_cents: int | None
    name: str = ""

    @property
    def signed_cents(self) -> int:
        """The amount as Online wants it: debit positive, credit negative."""
        return (self.debit_cents or 0) - (self.credit_cents or 0)


def entries(record: JournalRecord, settings: BatchSettings) -> tuple[Entry, ...]:
    """Return debit Accounts Receivable with the customer's name, credit the account it left.

    domain.md §6; the account is that of the refund's own method, not of its payment's.
    """
    return (
        Entry(
            account=settings.ar_account,
            debit_cents=record.amount_cents,
            credit_cents=None,
            name=record.party.accounting_key,
        ),
        Entry(
            account=settings.refund_account(record.method),
            debit_cents=None,
            credit_cents=record.amount_cents,
        ),
    )


def rows(record: JournalRecord, settings: BatchSettings) -> Iterator[SheetRow]:
    """Yield the rows of one refund's journal entry in layout order, amounts in cents."""
    make_row = row_maker(JOURNAL_INSERTS, settings.profile, settings.layout_version)
    text = cut(memo(record), LIMITS[settings.profile].memo)
    values: dict[str, Any] = {
        "number": record.number,
        "date": record.date,
        "memo": text,
        "description": text,
        "location": record.department,
        "class_name": record.class_name,
        "is_adjustment": "FALSE",
    }
    for entry in entries(record, settings):
        values["account"] = entry.account
        values["name"] = entry.name
        values["amount"] = entry.signed_cents
        values["debit"] = entry.debit_cents
        values["credit"] = entry.credit_cents
        yield make_row(values)


def memo(record: JournalRecord) -> str:
    """Return the memo before cutting: it names the payment and its invoices (domain.md §6)."""
    text = f"Refund of payment {record.payment_number}"
    if record.invoice_numbers:
        word = "invoice" if len(record.invoice_numbers) == 1 else "invoices"
        text += f" for {word} {', '.join(record.invoice_numbers)}"
    return f"{text}. {record.memo}".rstrip()
