"""Checks of texts that are shortened: memos, messages, descriptions and addresses."""

from collections.abc import Iterator

from accounting.checks.names import Problem
from accounting.records.documents import (
    PROFILE_NAMES,
    Address,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    Party,
    PaymentRecord,
)
from accounting.records.limits import LIMITS, LONGEST_TEXT
from accounting.workbooks import credit_memos, journals, payments


def _cut(what: str, text: str, limit: int | None, profile: str) -> Iterator[Problem]:
    most = LONGEST_TEXT if limit is None else limit
    if len(text) > most:
        taker = "a workbook" if limit is None else PROFILE_NAMES[profile]
        yield (
            (f"{what} has {len(text):,} characters; {taker} allows {most:,}. The rest is cut off."),
            "Shorten it, or add the rest in QuickBooks.",
        )


def invoice_cuts(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Memo, message and descriptions of an invoice over the limit."""
    limits = LIMITS[profile]
    yield from _cut("The memo", record.memo, limits.memo, profile)
    yield from _restated_cuts(record, profile)


def _restated_cuts(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    limits = LIMITS[profile]
    yield from _cut("The message", record.message, limits.message, profile)
    for position, line in enumerate(record.lines, start=1):
        what = f"The description of line {position}"
        yield from _cut(what, line.description, limits.memo, profile)


def payment_cuts(record: PaymentRecord, profile: str) -> Iterator[Problem]:
    """The memo of a payment, with what it says about netted refunds, over the limit."""
    yield from _cut("The memo", payments.memo(record), LIMITS[profile].memo, profile)


def refund_cuts(record: JournalRecord, profile: str) -> Iterator[Problem]:
    """The memo of a refund's journal over the limit."""
    yield from _cut("The memo", journals.memo(record), LIMITS[profile].memo, profile)


def credit_memo_cuts(record: CreditMemoRecord, profile: str) -> Iterator[Problem]:
    """Memo, message and descriptions of a credit memo over the limit."""
    yield from _cut("The memo", credit_memos.memo(record), LIMITS[profile].memo, profile)
    yield from _restated_cuts(record.invoice, profile)


def address_cuts(party: Party, profile: str) -> Iterator[Problem]:
    """The parts of both addresses over the limit."""
    limits = LIMITS[profile]
    for name, address in (("billing", party.billing), ("service", party.shipping or Address())):
        for what, text, limit in (
            ("line 1", address.line1, limits.address_line),
            ("line 2", address.line2, limits.address_line),
            ("city", address.city, limits.city),
            ("state", address.state, limits.state),
            ("postal code", address.postal_code, limits.postal_code),
            ("country", address.country, limits.country),
        ):
            yield from _cut(f"The {what} of the {name} address", text, limit, profile)
