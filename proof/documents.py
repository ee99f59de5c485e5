"""The documents of the model, and what the feed may do with them (domain.md §2, §7; feed.md).

Plain dictionaries and dataclasses, slow and obvious. Nothing here comes from the applications: if
both agree, two independent readings of the design agree.
"""

import datetime
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Record = dict[str, Any]
Row = tuple[str | None, int]
"""One row of a payment: the number of the invoice (None: a blank one) and cents."""

UNSETTLED_METHODS = ("card", "ach")


class RefusedError(Exception):
    """The design forbids this."""


def require(condition: bool, why: str) -> None:
    """Refuse unless the condition holds."""
    if not condition:
        raise RefusedError(why)


def cents(amount: str) -> int:
    """Return the whole cents of an amount of the feed."""
    return int(Decimal(amount) * 100)


@dataclass(frozen=True)
class Line:
    """One line of an invoice."""

    item: str
    description: str
    quantity: Decimal
    rate: Decimal
    amount: int
    taxable: bool
    item_class: str
    service_date: datetime.date | None

    @property
    def is_explained(self) -> bool:
        """Return whether quantity × rate gives the amount (check 8)."""
        product = (self.quantity * self.rate * 100).quantize(Decimal(1), ROUND_HALF_UP)
        return product == self.amount


@dataclass(frozen=True)
class Content:
    """What of an invoice is frozen; two equal contents have one fingerprint."""

    job: str | None
    department: str | None
    date: datetime.date
    due_date: datetime.date
    terms: str
    memo: str
    message: str
    tax: tuple[str, Decimal, int] | None
    lines: tuple[Line, ...]

    @property
    def tax_code(self) -> str:
        """Return the code of the tax, empty when there is none."""
        return self.tax[0] if self.tax else ""

    @property
    def tax_amount(self) -> int:
        """Return the tax in cents."""
        return self.tax[2] if self.tax else 0

    @property
    def total(self) -> int:
        """Return lines and tax in cents."""
        return sum(line.amount for line in self.lines) + self.tax_amount

    @property
    def has_bad_names(self) -> bool:
        """Return whether check 4 blocks what a credit memo restates, too (Online's limits)."""
        names = [self.tax_code]
        for line in self.lines:
            names += [line.item, line.item_class]
        return any(len(name) > 100 or "" in name.split(":")[1:] for name in names if name)

    @property
    def is_due_too_early(self) -> bool:
        """Return whether check 6 blocks this."""
        return self.due_date < self.date

    @property
    def has_untaxable_tax(self) -> bool:
        """Return whether check 11 blocks this: a tax needs a code and a taxable line."""
        if self.tax_amount <= 0:
            return False
        return not self.tax_code or not any(line.taxable for line in self.lines)


@dataclass
class Customer:
    """Who is invoiced, under the name that the books have."""

    number: str
    key: str
    name: str
    email: str = ""
    tax_address: tuple[str, ...] = ()
    """Street, city, state and postal code: of the service address, or the billing address."""
    merged_into: str | None = None
    """The customer that stands for it since they were merged."""

    @property
    def has_good_email(self) -> bool:
        """Return whether check 20 has nothing to say."""
        return re.fullmatch(r"([^@\s,;]+@[^@\s,;]+\.[^@\s,;]+)?", self.email) is not None


@dataclass
class Job:
    """A piece of work; an imported one began in another system."""

    number: str
    customer: str
    department: str | None
    imported: bool


@dataclass
class Invoice:
    """An invoice: its content if approved now, and its content when last approved."""

    number: str
    customer: str
    draft: Content
    frozen: Content | None = None
    state: str = "pending"
    held: bool = False

    @property
    def is_closed(self) -> bool:
        """Return whether it is void or cancelled, which is permanent."""
        return self.state in ("void", "cancelled")

    @property
    def has_number_in_books(self) -> bool:
        """Return whether a row of a payment may name it (domain.md §3)."""
        return self.frozen is not None and not self.is_closed


@dataclass
class Payment:
    """Money that came in."""

    number: str
    customer: str
    job: str | None
    date: datetime.date
    method: str
    amount: int
    reference: str
    memo: str
    settled: bool
    allocations: tuple[tuple[str, int], ...]
    state: str = "kept"


@dataclass(frozen=True)
class Refund:
    """Money that went back."""

    number: str
    payment: str
    date: datetime.date
    amount: int
    method: str
    memo: str


@dataclass(frozen=True)
class CreditMemo:
    """A legacy document that restates an invoice."""

    number: str
    invoice: str
    date: datetime.date


@dataclass
class Documents:
    """Everything that was fed, in its current version."""

    departments: dict[str, Record] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    credit_memos: dict[str, CreditMemo] = field(default_factory=dict)
    last_fed: dict[tuple[str, str], Record] = field(default_factory=dict)

    # Relations between documents

    def survivor(self, customer: str) -> Customer:
        """Return the customer that this one is today."""
        found = self.customers[customer]
        return self.customers[found.merged_into] if found.merged_into else found

    def is_one(self, customer: str, other: str) -> bool:
        """Return whether both are one customer today."""
        return self.survivor(customer) is self.survivor(other)

    def refunds_of(self, payment: str) -> list[Refund]:
        """Return the refunds of a payment, by number."""
        found = [refund for refund in self.refunds.values() if refund.payment == payment]
        return sorted(found, key=lambda refund: refund.number)

    def refunded(self, payment: str) -> int:
        """Return how much of a payment went back, in cents."""
        return sum(refund.amount for refund in self.refunds_of(payment))

    def unrefunded_allocations(self, payment: Payment) -> dict[str, int]:
        """Return what each allocation still holds: refunds take the rest first, then the last."""
        left = self.refunded(payment.number)
        left -= min(left, payment.amount - sum(amount for _, amount in payment.allocations))
        remaining = {}
        for invoice, amount in reversed(payment.allocations):
            taken = min(left, amount)
            left -= taken
            remaining[invoice] = amount - taken
        return remaining

    def money_on(self, invoice: str, *, besides: str = "") -> int:
        """Return what payments that are not removed have on an invoice, less their refunds."""
        return sum(
            self.unrefunded_allocations(payment).get(invoice, 0)
            for payment in self.payments.values()
            if payment.state != "removed" and payment.number != besides
        )

    def open_on(self, invoice: Invoice, *, besides: str = "") -> int:
        """Return the open balance in cents, as if one payment were not there."""
        total = (invoice.frozen or invoice.draft).total
        return total - self.money_on(invoice.number, besides=besides)

    def is_imported(self, job: str | None) -> bool:
        """Return whether the job began in another system."""
        return job is not None and self.jobs[job].imported

    def rows_of(self, payment: Payment) -> list[Row]:
        """Return the rows of a payment before netting and capping (domain.md §3)."""
        named: list[Row] = []
        if not self.is_imported(payment.job):
            named = [
                (invoice, amount)
                for invoice, amount in payment.allocations
                if self.invoices[invoice].has_number_in_books
            ]
        rest = payment.amount - sum(amount for _, amount in named)
        return [*named, (None, rest)] if rest else named

    def department_of(self, payment: Payment) -> str | None:
        """Return the department of a payment: its job's, else its first invoice's (§4)."""
        if payment.job is not None and self.jobs[payment.job].department is not None:
            return self.jobs[payment.job].department
        if payment.allocations:
            invoice = self.invoices[payment.allocations[0][0]]
            return (invoice.frozen or invoice.draft).department
        return None

    def is_held(self, payment: Payment) -> bool:
        """Return whether an invoice of the payment is marked Do Not Batch."""
        return any(self.invoices[invoice].held for invoice, _ in payment.allocations)
