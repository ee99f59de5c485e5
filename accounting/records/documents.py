"""What exporters take: the frozen content of documents, and the settings of their batch."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

ONLINE: Final = "online"
DESKTOP: Final = "desktop"
PROFILES: Final = (ONLINE, DESKTOP)
PROFILE_NAMES: Final[Mapping[str, str]] = {
    ONLINE: "QuickBooks Online",
    DESKTOP: "QuickBooks Desktop",
}

Severity = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; any part may be blank."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """The customer's snapshot at claim; `shipping` is the service address."""

    accounting_key: str
    name: str = ""
    email: str = ""
    billing: Address = Address()
    shipping: Address | None = None


NO_PARTY: Final = Party(accounting_key="")
"""Stands for the customer where only the content of a document is checked."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice; the amount in cents counts, quantity and rate explain it."""

    item: str
    description: str
    quantity: Decimal
    rate: Decimal
    amount_cents: int
    is_taxable: bool
    class_name: str = ""
    service_date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """One revision of an invoice with its customer."""

    number: str
    party: Party
    date: datetime.date
    due_date: datetime.date | None
    terms: str
    department: str
    memo: str
    message: str
    tax_name: str
    tax_rate: Decimal | None
    tax_cents: int
    subtotal_cents: int
    total_cents: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PaymentRowRecord:
    """A part of a payment after netting and capping; a blank number means not applied yet."""

    invoice_number: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One revision of a payment with its rows and the refunds netted in it (number, cents)."""

    number: str
    party: Party
    date: datetime.date
    method: str
    reference: str
    memo: str
    gross_cents: int
    rows: tuple[PaymentRowRecord, ...]
    netted: tuple[tuple[str, int], ...] = ()
    is_imported: bool = False

    @property
    def net_cents(self) -> int:
        """What the rows must add up to: the payment less the refunds netted in it."""
        return self.gross_cents - sum(cents for _, cents in self.netted)


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """A refund that was made after its payment was batched."""

    number: str
    party: Party
    date: datetime.date
    amount_cents: int
    method: str
    memo: str
    payment_number: str
    invoice_numbers: tuple[str, ...] = ()
    department: str = ""
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class CreditMemoRecord:
    """A legacy credit memo: it restates the revision of its invoice that was last sent."""

    number: str
    date: datetime.date
    invoice: InvoiceRecord


@dataclass(frozen=True, slots=True)
class WarningRecord:
    """One line of file 7, which is read, not imported."""

    severity: Severity
    file_name: str
    document_number: str
    customer: str
    date: datetime.date | None
    amount_cents: int | None
    check: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The company settings that shape the files: the batch's snapshot."""

    profile: str
    ar_account: str
    deposit_accounts: Mapping[str, str]
    refund_accounts: Mapping[str, str]
    default_deposit_account: str
    default_refund_account: str
    default_tax_item: str
    layout_version: int

    def __post_init__(self) -> None:
        """Refuse a profile that no layout exists for."""
        if self.profile not in PROFILES:
            raise ValueError(f'There is no profile "{self.profile}".')

    def deposit_account(self, method: str) -> str:
        """Return the account that a payment by this method goes to; blank: Undeposited Funds."""
        return self.deposit_accounts.get(method) or self.default_deposit_account

    def refund_account(self, method: str) -> str:
        """Return the account that a refund by this method leaves (domain.md §6)."""
        return self.refund_accounts.get(method) or self.default_refund_account

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` turns back into equal settings."""
        return {
            "profile": self.profile,
            "ar_account": self.ar_account,
            "deposit_accounts": dict(self.deposit_accounts),
            "refund_accounts": dict(self.refund_accounts),
            "default_deposit_account": self.default_deposit_account,
            "default_refund_account": self.default_refund_account,
            "default_tax_item": self.default_tax_item,
            "layout_version": self.layout_version,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "BatchSettings":
        """Return the settings that a batch stored; TypeError for a missing or unknown name."""
        return cls(**values)
