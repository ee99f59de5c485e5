"""Batches of the model: the items of a batch, and the contents of its files (domain.md §3, §6)."""

import datetime
from dataclasses import dataclass, field
from typing import Any, Final

from proof.documents import Content, Row

OPENING: Final = 0
FILES: Final = {
    "invoice_insert": 1,
    "invoice_update": 2,
    "payment_insert": 3,
    "payment_update": 4,
    "journal": 5,
    "credit_memo": 6,
}
INVOICE_KINDS: Final = ("invoice_insert", "invoice_update")
PAYMENT_KINDS: Final = ("payment_insert", "payment_update")
DOCUMENT_OF: Final = {
    "invoice_insert": "invoice",
    "invoice_update": "invoice",
    "payment_insert": "payment",
    "payment_update": "payment",
    "journal": "refund",
    "credit_memo": "credit_memo",
}


@dataclass(frozen=True)
class UnbatchedRow:
    """One row of Unbatched, as `manage.py unbatched` prints it."""

    kind: str
    number: str
    date: datetime.date
    department: str | None
    customer: str
    amount: int

    @property
    def name(self) -> str:
        """Return the name that --include and --exclude take."""
        return f"{self.kind}:{self.number}"


@dataclass(frozen=True)
class Selection:
    """The filters and ticks of one batch; nothing given means everything."""

    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    department: str | None = None
    """A name, `none`, or None for all."""
    kind: str | None = None
    search: str = ""
    only: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, row: UnbatchedRow) -> bool:
        """Return whether a row of Unbatched is chosen (domain.md §4)."""
        tab = "invoices" if FILES[row.kind] in (1, 2, 6) else "payments"
        return (
            (self.date_from is None or row.date >= self.date_from)
            and (self.date_to is None or row.date <= self.date_to)
            and self.department in (None, row.department or "none")
            and self.kind in (None, row.kind)
            and self.only in (None, tab)
            and self.search.lower() in f"{row.number}\n{row.customer}".lower()
            and (not self.include or row.name in self.include)
            and row.name not in self.exclude
        )


@dataclass(frozen=True)
class Item:
    """A document in a batch, in the form that it had at claim."""

    kind: str
    number: str
    date: datetime.date
    key: str
    customer: str
    amount: int
    fingerprint: Any
    """What must differ for an update: for an invoice its content, for a payment its own."""
    content: Content | None = None
    rows: tuple[Row, ...] = ()
    allocated: tuple[str, ...] = ()
    """The invoices that its rows name before netting and capping."""
    netted: tuple[str, ...] = ()
    payment: str = ""
    invoice: str = ""
    facts: tuple[str, ...] = ()
    """Method and reference of a payment, account of a refund."""
    checks: tuple[str, ...] = ()
    email: str = ""

    @property
    def document(self) -> tuple[str, str]:
        """Return kind and number of the document."""
        return DOCUMENT_OF[self.kind], self.number


@dataclass
class Batch:
    """A confirmed batch; its place in the list of batches is its age."""

    number: int
    items: list[Item] = field(default_factory=list)
    status: str = "ready"
    has_zip: bool = True

    @property
    def is_live(self) -> bool:
        """Return whether its items count."""
        return self.status != "undone"


@dataclass
class FollowUp:
    """An entry of the list *Fix in QuickBooks*."""

    cause: str
    number: str
    batch: int | None
    is_open: bool = True


def files_of(batch: Batch) -> dict[int, list[tuple[Any, ...]]]:
    """Return the expected rows of each file of a batch, in order."""
    files: dict[int, list[tuple[Any, ...]]] = {number: [] for number in range(1, 8)}
    for item in sorted(batch.items, key=lambda item: (item.date, item.number)):
        file = FILES[item.kind]
        files[file].extend(_rows(item))
        for check in item.checks:
            files[7].append((file, item.number, check))
    files[7].sort()
    return files


def _rows(item: Item) -> list[tuple[Any, ...]]:
    if item.content is not None:
        return [
            (
                item.number,
                item.key,
                item.date,
                item.content.memo if item.kind != "credit_memo" else "",
                item.content.tax_amount,
                line.item,
                line.description,
                line.amount,
                line.item_class,
                line.service_date,
                line.quantity if line.is_explained else None,
                line.taxable,
                item.email,
            )
            for line in item.content.lines
        ]
    if item.kind == "journal":
        receivable, account = item.facts
        return [
            (item.number, item.date, receivable, item.amount, item.key),
            (item.number, item.date, account, -item.amount, None),
        ]
    method, reference = item.facts
    return [
        (item.number, item.date, item.key, method, invoice, amount, reference)
        for invoice, amount in item.rows
    ]
