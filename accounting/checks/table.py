"""All checks in one table, and what they find (workbooks.md, "Checks").

To add a check of a single document, write its generator in `checks.documents` and give it a row in
`CHECKS`. A check across several documents runs where they are selected; its text is in
`checks.batches`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from accounting.checks import documents as of
from accounting.checks import names
from accounting.checks import truncation as cuts
from accounting.checks.names import Problem
from accounting.records.documents import (
    BatchSettings,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    Party,
    PaymentRecord,
    Severity,
)

Record = TypeVar("Record")
Context = TypeVar("Context")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found: `block` keeps the document out of the batch, `warn` only lists it."""

    check: str
    severity: Severity
    problem: str
    remedy: str
    is_restated: bool = field(default=False, compare=False)
    """Found on an invoice, it also keeps out a credit memo that restates it."""


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: number, severity, and the generator for each kind of record."""

    number: str
    severity: Severity
    customer: Callable[[Party, str], Iterator[Problem]] | None = None
    addresses: Callable[[Party, str], Iterator[Problem]] | None = None
    invoice: Callable[[InvoiceRecord, str], Iterator[Problem]] | None = None
    payment: Callable[[PaymentRecord, str], Iterator[Problem]] | None = None
    refund: Callable[[JournalRecord, str], Iterator[Problem]] | None = None
    credit_memo: Callable[[CreditMemoRecord, str], Iterator[Problem]] | None = None
    journal: Callable[[JournalRecord, BatchSettings], Iterator[Problem]] | None = None

    @property
    def is_restated(self) -> bool:
        """Whether credit memos restate what is looked at; of check 1, the number, they have one."""
        return bool(self.invoice and self.credit_memo) and self.number != "1"

    def findings(self, problems: Iterator[Problem]) -> Iterator[CheckResult]:
        """Yield the findings of this check for what its generator yields."""
        for problem, remedy in problems:
            yield CheckResult(self.number, self.severity, problem, remedy, self.is_restated)


CHECKS: Final[tuple[Check, ...]] = (
    Check(
        "1",
        "block",
        invoice=of.invoice_number,
        payment=of.payment_number,
        refund=of.refund_number,
        credit_memo=of.credit_memo_number,
    ),
    Check("3", "block", customer=names.accounting_key),
    Check(
        "4",
        "block",
        invoice=names.invoice_names,
        credit_memo=of.restated(names.invoice_names),
        journal=names.journal_names,
    ),
    Check("4", "block", invoice=names.invoice_terms),
    Check("6", "block", invoice=of.due_date),
    Check(
        "7",
        "block",
        invoice=of.invoice_amounts,
        payment=of.payment_amounts,
        refund=of.refund_amounts,
        credit_memo=of.restated(of.invoice_amounts),
    ),
    Check(
        "8",
        "warn",
        invoice=of.quantity_and_rate,
        credit_memo=of.restated(of.quantity_and_rate),
    ),
    Check("9", "block", invoice=of.invoice_sum, credit_memo=of.restated(of.invoice_sum)),
    Check("9", "warn", invoice=of.desktop_tax, credit_memo=of.restated(of.desktop_tax)),
    Check("10", "block", invoice=of.invoice_total),
    Check("11", "block", invoice=of.taxable_tax, credit_memo=of.restated(of.taxable_tax)),
    Check("13", "block", payment=of.payment_rows),
    Check("17", "block", journal=of.journal_balance),
    Check("20", "warn", addresses=names.email),
    Check(
        "cut",
        "warn",
        addresses=cuts.address_cuts,
        invoice=cuts.invoice_cuts,
        payment=cuts.payment_cuts,
        refund=cuts.refund_cuts,
        credit_memo=cuts.credit_memo_cuts,
    ),
)
"""Number → check; the numbers are those of workbooks.md."""

CHECKS_VERSION: Final = 4
"""Increase it when a check of a single document finds something else: `migrate` then checks
again."""


def check_customer(party: Party, profile: str, *, has_addresses: bool = True) -> list[CheckResult]:
    """Return what is wrong with the customer; without addresses for files that have none (3-5)."""
    found: list[CheckResult] = []
    for check in CHECKS:
        if check.customer:
            found += check.findings(check.customer(party, profile))
        if check.addresses and has_addresses:
            found += check.findings(check.addresses(party, profile))
    return found


def check_invoice(record: InvoiceRecord, profile: str) -> list[CheckResult]:
    """Return what is wrong with the content of one invoice revision; its customer is not read."""
    return _found(lambda check: check.invoice, record, profile)


def check_payment(record: PaymentRecord, profile: str) -> list[CheckResult]:
    """Return what is wrong with one payment as it is laid out; its customer is not read."""
    return _found(lambda check: check.payment, record, profile)


def check_refund(record: JournalRecord, profile: str) -> list[CheckResult]:
    """Return what is wrong with the content of one refund; customer and settings are not read."""
    return _found(lambda check: check.refund, record, profile)


def check_credit_memo(record: CreditMemoRecord, profile: str) -> list[CheckResult]:
    """Return what is wrong with one credit memo and the invoice it restates, customer aside."""
    return _found(lambda check: check.credit_memo, record, profile)


def check_journal(record: JournalRecord, settings: BatchSettings) -> list[CheckResult]:
    """Return what is wrong with a refund's journal entry, its customer and accounts included."""
    return _found(lambda check: check.journal, record, settings)


def check_settings(kind: str, method: str, settings: BatchSettings) -> list[CheckResult]:
    """Return what is wrong with names from the settings in the rows of a document (check 4).

    `kind` is "invoice" or "payment"; an invoice has no method.
    """
    problems = (
        names.desktop_names(settings)
        if kind == "invoice"
        else names.payment_account(method, settings)
    )
    return [CheckResult("4", "block", problem, remedy) for problem, remedy in problems]


def _found(
    look: Callable[[Check], Callable[[Record, Context], Iterator[Problem]] | None],
    record: Record,
    context: Context,
) -> list[CheckResult]:
    """Return what every check of the table that looks at such a record finds, in its order."""
    return [
        finding
        for check in CHECKS
        if (problems := look(check))
        for finding in check.findings(problems(record, context))
    ]
