"""The records of the feed: what each type holds (feed.md, Records). Data; applied elsewhere.

A field with a default may be left out. It is then not part of the digest, so that adding a field
later does not change the digests of old records.
"""

# ruff: noqa: RUF009 -- `reads` returns a dataclass field

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any, ClassVar, Final

from feed.fields import (
    boolean,
    cents,
    choice,
    day,
    decimal,
    document_number,
    fields_of,
    free_text,
    listed,
    nested,
    nullable,
    reads,
    text,
    zone,
)
from sera_batching.models import PaymentMethod

PAYMENT_METHODS: Final = tuple(PaymentMethod.values)
LARGEST_TAX_RATE: Final = Decimal(1000)


def blankable(longest: int) -> str:
    """Declare one line of text that may be empty or left out."""
    return reads(text(longest, may_be_empty=True), default="")


def free() -> str:
    """Declare a memo, message or description: it may be empty or left out."""
    return reads(free_text(), default="")


Mentions = Iterator[tuple[str, str]]
"""Documents as (kind, number)."""


class Record(ABC):
    """One line of a feed."""

    __slots__ = ()
    type_name: ClassVar[str]

    @abstractmethod
    def mentions(self) -> Mentions:
        """Yield every document to look up before the record is applied."""


class DocumentRecord(Record):
    """A record that makes or changes a document, and is remembered there by its digest."""

    __slots__ = ()
    number: str

    @property
    def identity(self) -> str:
        """What the document is found by."""
        return self.number

    def references(self) -> Mentions:
        """Yield the other documents that the record names."""
        yield from ()

    def mentions(self) -> Mentions:
        yield self.type_name, self.identity
        yield from self.references()

    def digest(self) -> str:
        """Return the SHA-256 of the record's content, however it was written."""
        content = {"type": self.type_name, **_canonical(self)}
        canonical = dumps(content, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRecord(DocumentRecord):
    type_name = "department"
    name: str = reads(text(100, is_name=True))
    timezone: str = reads(zone)
    default_item: str = blankable(255)
    default_class: str = blankable(255)
    terms: str = blankable(100)
    archived: bool = reads(boolean, default=False)

    @property
    def identity(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRecord:
    line1: str = blankable(1000)
    line2: str = blankable(1000)
    city: str = blankable(255)
    state: str = blankable(255)
    postal_code: str = blankable(64)
    country: str = blankable(255)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord(DocumentRecord):
    type_name = "customer"
    number: str = reads(document_number())
    name: str = reads(text(255))
    accounting_key: str | None = reads(text(255), default=None)
    email: str = blankable(255)
    billing_address: AddressRecord | None = reads(nullable(nested(AddressRecord)), default=None)
    service_address: AddressRecord | None = reads(nullable(nested(AddressRecord)), default=None)
    tax_exempt: bool = reads(boolean, default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord(DocumentRecord):
    type_name = "job"
    number: str = reads(document_number())
    customer: str = reads(document_number())
    department: str | None = reads(nullable(text(100)), default=None)
    imported: bool = reads(boolean, default=False)

    def references(self) -> Mentions:
        yield "customer", self.customer
        if self.department is not None:
            yield "department", self.department


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRecord:
    code: str = reads(text(100, may_be_empty=True))
    rate: Decimal = reads(decimal(least=Decimal(0), below=LARGEST_TAX_RATE))
    amount: int = reads(cents(least=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    item: str = reads(text(255))
    description: str = free()
    quantity: Decimal = reads(decimal())
    rate: Decimal = reads(decimal())
    amount: int = reads(cents())
    taxable: bool = reads(boolean)
    class_name: str = reads(text(255, may_be_empty=True), key="class", default="")
    service_date: datetime.date | None = reads(nullable(day), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRecord(DocumentRecord):
    type_name = "invoice"
    number: str = reads(document_number())
    customer: str = reads(document_number())
    job: str | None = reads(nullable(document_number()), default=None)
    department: str | None = reads(nullable(text(100)), default=None)
    status: str = reads(choice(("pending", "finalized")))
    date: datetime.date = reads(day)
    due_date: datetime.date = reads(day)
    terms: str = blankable(100)
    memo: str = free()
    message: str = free()
    tax: TaxRecord | None = reads(nullable(nested(TaxRecord)))
    lines: tuple[LineRecord, ...] = reads(listed(nested(LineRecord), least=1, singular="line"))

    def references(self) -> Mentions:
        yield "customer", self.customer
        if self.job is not None:
            yield "job", self.job
        if self.department is not None:
            yield "department", self.department


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceActionRecord(Record):
    type_name = "invoice_action"
    invoice: str = reads(document_number())
    action: str = reads(choice(("do_not_batch", "resume_batching", "void", "cancel")))
    note: str = blankable(32_000)

    def mentions(self) -> Mentions:
        yield "invoice", self.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRecord:
    invoice: str = reads(document_number())
    amount: int = reads(cents(least=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecord(DocumentRecord):
    type_name = "payment"
    number: str = reads(document_number())
    customer: str = reads(document_number())
    job: str | None = reads(nullable(document_number()), default=None)
    date: datetime.date = reads(day)
    method: str = reads(choice(PAYMENT_METHODS))
    amount: int = reads(cents(least=0))
    reference: str = blankable(255)
    memo: str = free()
    settled: bool = reads(boolean)
    allocations: tuple[AllocationRecord, ...] = reads(listed(nested(AllocationRecord)))

    def references(self) -> Mentions:
        yield "customer", self.customer
        if self.job is not None:
            yield "job", self.job
        for allocation in self.allocations:
            yield "invoice", allocation.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentActionRecord(Record):
    type_name = "payment_action"
    payment: str = reads(document_number())
    action: str = reads(choice(("remove", "dispute", "restore")))
    note: str = blankable(32_000)

    def mentions(self) -> Mentions:
        yield "payment", self.payment


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord(DocumentRecord):
    type_name = "refund"
    number: str = reads(document_number())
    payment: str = reads(document_number())
    date: datetime.date = reads(day)
    amount: int = reads(cents(least=1))
    method: str = reads(choice(PAYMENT_METHODS))
    memo: str = free()

    def references(self) -> Mentions:
        yield "payment", self.payment


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditMemoRecord(DocumentRecord):
    type_name = "credit_memo"
    number: str = reads(document_number())
    invoice: str = reads(document_number())
    date: datetime.date = reads(day)

    def references(self) -> Mentions:
        yield "invoice", self.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedBeforeRecord(Record):
    type_name = "batched_before"
    kind: str = reads(choice(("invoice", "payment", "refund")))
    number: str = reads(document_number())

    def mentions(self) -> Mentions:
        yield self.kind, self.number


RECORD_TYPES: Final[dict[str, type[Record]]] = {
    record_type.type_name: record_type
    for record_type in (
        DepartmentRecord,
        CustomerRecord,
        JobRecord,
        InvoiceRecord,
        InvoiceActionRecord,
        PaymentRecord,
        PaymentActionRecord,
        RefundRecord,
        CreditMemoRecord,
        BatchedBeforeRecord,
    )
}


def _canonical(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [_canonical(entry) for entry in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime.date):
        return value.isoformat()
    said = {}
    for name, _, is_required, default in fields_of(type(value)).values():
        content = getattr(value, name)
        if is_required or content != default:
            said[name] = _canonical(content)
    return said
