"""The columns, limits and settings of each file and profile, as tables of data (workbooks.md).

A rebuilt batch keeps the layout version that it was claimed with. So a corrected header is a new
entry of `_LAYOUTS` under the next version, never a change of an old one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal

from accounting.records.documents import DESKTOP, ONLINE

CellKind = Literal["text", "date", "cents", "rate", "quantity"]
SheetRow = tuple[Any, ...]

LAYOUT_VERSION: Final = 1

INVOICE_INSERTS: Final = 1
INVOICE_UPDATES: Final = 2
PAYMENT_INSERTS: Final = 3
PAYMENT_UPDATES: Final = 4
JOURNAL_INSERTS: Final = 5
CREDIT_MEMOS: Final = 6
WARNINGS: Final = 7

CARD_NAME: Final = "SaasAnt settings.txt"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One of the seven files; the number is its place in the load order."""

    number: int
    kind: str
    title: str

    @property
    def name(self) -> str:
        """The name of the workbook in the zip (its first part)."""
        return part_name(self.title, 1)


FILES: Final[tuple[ExportFile, ...]] = (
    ExportFile(INVOICE_INSERTS, "invoice_insert", "1 Invoice Inserts"),
    ExportFile(INVOICE_UPDATES, "invoice_update", "2 Invoice Updates"),
    ExportFile(PAYMENT_INSERTS, "payment_insert", "3 Payment Inserts"),
    ExportFile(PAYMENT_UPDATES, "payment_update", "4 Payment Updates"),
    ExportFile(JOURNAL_INSERTS, "journal", "5 Journal Inserts"),
    ExportFile(CREDIT_MEMOS, "credit_memo", "6 Credit Memos"),
    ExportFile(WARNINGS, "warnings", "7 Warnings"),
)

FILE_NUMBERS: Final = {file.kind: file.number for file in FILES if file.number != WARNINGS}
"""Kind of an item → the number of its file, in load order."""


def part_name(title: str, part: int) -> str:
    """Return "1 Invoice Inserts.xlsx", for the second part "1 Invoice Inserts (2).xlsx"."""
    return f"{title}.xlsx" if part == 1 else f"{title} ({part}).xlsx"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: SaasAnt's own field name, what its cells are, and which value goes there."""

    header: str
    kind: CellKind
    source: str
    width: int | None = None


def _text(header: str, source: str, width: int | None = None) -> Column:
    return Column(header, "text", source, width)


_BILLING = (
    _text("Billing Address Line 1", "billing_line1", 28),
    _text("Billing Address Line 2", "billing_line2"),
    _text("Billing Address City", "billing_city"),
    _text("Billing Address State", "billing_state"),
    _text("Billing Address Postal Code", "billing_postal_code"),
    _text("Billing Address Country", "billing_country"),
)
_SHIPPING = (
    _text("Shipping Address Line 1", "shipping_line1", 28),
    _text("Shipping Address Line 2", "shipping_line2"),
    _text("Shipping Address City", "shipping_city"),
    _text("Shipping Address State", "shipping_state"),
    _text("Shipping Address Postal Code", "shipping_postal_code"),
    _text("Shipping Address Country", "shipping_country"),
)
_INVOICE_HEAD = (
    _text("Invoice No", "number"),
    _text("Customer", "customer", 28),
    Column("Invoice Date", "date", "date"),
    Column("Due Date", "date", "due_date"),
    _text("Terms", "terms"),
    *_BILLING,
    *_SHIPPING,
    _text("Memo", "memo", 36),
)
_PRODUCT = (
    _text("Product/Service", "item", 24),
    _text("Product/Service Description", "description", 36),
    Column("Product/Service Quantity", "quantity", "quantity"),
    Column("Product/Service Rate", "rate", "rate"),
    Column("Product/Service Amount", "cents", "amount"),
)
_ONLINE_TAX_AND_LINE = (
    _text("Sales Tax Code", "tax_name"),
    Column("Sales Tax Amount", "cents", "tax"),
    Column("Service Date", "date", "service_date"),
    *_PRODUCT,
    _text("Product/Service Taxable", "taxable"),
    _text("Product/Service Class", "line_class"),
)
_DESKTOP_TAX = (
    _text("Product/Service Sales Tax", "line_tax_code"),
    _text("Sales Tax", "tax_item"),
    _text("Customer Sales Tax Code", "customer_tax_code"),
)
_ONLINE_INVOICE = (
    *_INVOICE_HEAD,
    _text("Message displayed on invoice", "message", 36),
    _text("Email", "email", 28),
    *_ONLINE_TAX_AND_LINE,
    _text("Location", "location"),
)
_DESKTOP_INVOICE = (
    *_INVOICE_HEAD,
    _text("Customer Message", "message", 36),
    _text("Email", "email", 28),
    _text("Class", "document_class"),
    *_PRODUCT,
    Column("Product/Service Service Date", "date", "service_date"),
    _text("Product/Service Class", "line_class"),
    *_DESKTOP_TAX,
    _text("AR Account", "ar_account", 24),
)
_PAYMENT = (
    _text("Ref No", "number"),
    Column("Payment Date", "date", "date"),
    _text("Customer", "customer", 28),
    _text("Payment method", "method"),
    _text("Deposit To Account Name", "deposit_account", 28),
    _text("Invoice No", "invoice_number"),
    _text("Journal No", "journal_number"),
    Column("Amount", "cents", "amount"),
    _text("Reference No", "reference"),
    _text("Memo", "memo", 36),
)
_JOURNAL_HEAD = (
    _text("Journal No", "number"),
    Column("Journal Date", "date", "date"),
    _text("Memo", "memo", 36),
    _text("Account", "account", 28),
)
_CREDIT_MEMO_HEAD = (
    _text("Credit Memo No", "number"),
    _text("Customer", "customer", 28),
    Column("Credit Memo Date", "date", "date"),
    _text("Memo", "memo", 36),
    _BILLING[0],
    *_BILLING[2:5],
)
_ONLINE_ID = _text("QbId", "internal_id")
_DESKTOP_ID = _text("QuickBooks Internal Id", "internal_id")
_WARNING = (
    _text("Severity", "severity"),
    _text("File", "file_name", 24),
    _text("Document No", "number"),
    _text("Customer", "customer", 28),
    Column("Date", "date", "date"),
    Column("Amount", "cents", "amount"),
    _text("Check", "check", 8),
    _text("Problem", "problem", 80),
    _text("What to do in QuickBooks", "remedy", 80),
)

_LAYOUT_1: Final[Mapping[tuple[int, str], tuple[Column, ...]]] = {
    (INVOICE_INSERTS, ONLINE): _ONLINE_INVOICE,
    (INVOICE_INSERTS, DESKTOP): _DESKTOP_INVOICE,
    (INVOICE_UPDATES, ONLINE): (*_ONLINE_INVOICE, _ONLINE_ID),
    (INVOICE_UPDATES, DESKTOP): (*_DESKTOP_INVOICE, _DESKTOP_ID),
    (PAYMENT_INSERTS, ONLINE): _PAYMENT,
    (PAYMENT_INSERTS, DESKTOP): _PAYMENT,
    (PAYMENT_UPDATES, ONLINE): (*_PAYMENT, _ONLINE_ID),
    (PAYMENT_UPDATES, DESKTOP): (*_PAYMENT, _DESKTOP_ID),
    (JOURNAL_INSERTS, ONLINE): (
        *_JOURNAL_HEAD,
        Column("Amount", "cents", "amount"),
        _text("Description", "description", 36),
        _text("Name", "name", 28),
        _text("Location", "location"),
        _text("Class", "class_name"),
        _text("Is Adjustment", "is_adjustment"),
    ),
    (JOURNAL_INSERTS, DESKTOP): (
        *_JOURNAL_HEAD,
        Column("Debit", "cents", "debit"),
        Column("Credit", "cents", "credit"),
        _text("Description", "description", 36),
        _text("Name", "name", 28),
        _text("Class", "class_name"),
    ),
    (CREDIT_MEMOS, ONLINE): (
        *_CREDIT_MEMO_HEAD,
        *_ONLINE_TAX_AND_LINE,
        _text("Message displayed on credit memo", "message", 36),
        _text("Location", "location"),
        _text("Email", "email", 28),
    ),
    (CREDIT_MEMOS, DESKTOP): (
        *_CREDIT_MEMO_HEAD,
        *_PRODUCT,
        _text("Product/Service Class", "line_class"),
        _text("Email", "email", 28),
        *_DESKTOP_TAX,
    ),
    (WARNINGS, ONLINE): _WARNING,
    (WARNINGS, DESKTOP): _WARNING,
}

_LAYOUTS: Final[Mapping[int, Mapping[tuple[int, str], tuple[Column, ...]]]] = {1: _LAYOUT_1}


def layout(file_number: int, profile: str, version: int = LAYOUT_VERSION) -> tuple[Column, ...]:
    """Return the columns of a file in order; raise ValueError for an unknown file, profile or
    version."""
    try:
        return _LAYOUTS[version][file_number, profile]
    except KeyError:
        raise ValueError(
            f'There is no layout {version} for file {file_number} in profile "{profile}".'
        ) from None


@lru_cache(maxsize=64)
def row_maker(
    file_number: int, profile: str, version: int = LAYOUT_VERSION
) -> Callable[[Mapping[str, Any]], SheetRow]:
    """Return a function that puts the values of a row (by source) in the order of the layout."""
    maker: Callable[[Mapping[str, Any]], SheetRow] = itemgetter(
        *(column.source for column in layout(file_number, profile, version))
    )
    return maker


_CARD: Final = """\
SaasAnt Transactions: settings for these files ({profile})

Assign reference numbers from file ... on
Process each line individually ....... off
Duplicates ........................... off
Date format .......................... MM/DD/YYYY
Find by .............................. reference number

{actions}

Load the files in numerical order, each with all its parts.
"7 Warnings" is for reading, not for loading.
A file that has only its header row is empty: skip it.
"""

_CARD_PROFILES: Final[Mapping[str, tuple[str, str]]] = {
    ONLINE: (
        "QuickBooks Online",
        "Files 1, 3, 5, 6: import as new transactions.\nFiles 2 and 4: choose Modify.",
    ),
    DESKTOP: (
        "QuickBooks Desktop",
        "Files 1, 3, 5, 6: choose Ignore & show warning.\nFiles 2 and 4: choose Replace.",
    ),
}


def saasant_settings(profile: str) -> str:
    """Return the card that tells what to set in SaasAnt (workbooks.md, last section)."""
    name, actions = _CARD_PROFILES[profile]
    return _CARD.format(profile=name, actions=actions)


def file_title(number: int) -> str:
    """Return the title of a file by its number."""
    return FILES[number - 1].title
