"""A warning before it is stored: about one document of a draft."""

from dataclasses import dataclass

from accounting.checks.table import CheckResult
from accounting.models import DraftItem
from accounting.workbooks.layouts import FILE_NUMBERS

DocumentKey = tuple[int | None, int | None, int | None, int | None]
"""(invoice, payment, refund, credit memo) ids, one of them set."""


@dataclass(frozen=True, slots=True)
class PendingWarning:
    """A warning about one document of a draft; amounts in cents."""

    document: DocumentKey
    kind: str
    number: str
    customer: str
    check_code: str
    amount_cents: int | None
    problem: str
    remedy: str

    @property
    def file_number(self) -> int:
        return FILE_NUMBERS[self.kind]


def about_invoice(item: DraftItem, text: CheckResult, cents: int) -> PendingWarning:
    """Return what was found about an invoice of a draft."""
    return _about((item.invoice_id, None, None, None), item, text, cents)


def about_payment(item: DraftItem, text: CheckResult, cents: int) -> PendingWarning:
    """Return what was found about a payment of a draft."""
    return _about((None, item.payment_id, None, None), item, text, cents)


def _about(document: DocumentKey, item: DraftItem, text: CheckResult, cents: int) -> PendingWarning:
    return PendingWarning(
        document=document,
        kind=item.kind,
        number=item.number,
        customer=item.customer.accounting_key,
        check_code=text.check,
        amount_cents=cents,
        problem=text.problem,
        remedy=text.remedy,
    )
