"""Records for the export tests, and reading a workbook back by an independent reader."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO, Final

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounting.records.documents import (
    Address,
    BatchSettings,
    CreditMemoRecord,
    InvoiceRecord,
    JournalRecord,
    Line,
    Party,
    PaymentRecord,
    PaymentRowRecord,
)
from accounting.workbooks.layouts import Column, SheetRow, layout
from accounting.workbooks.workbook import write_workbook

PARTY: Final = Party(
    accounting_key="Doe, Jane (2)",
    name="Jane Doe",
    email="jane@example.com",
    billing=Address("12 Elm St", "Apt 4", "Springfield", "IL", "01234", "USA"),
    shipping=Address("99 Oak Ave", "", "Shelbyville", "IL", "00501", "USA"),
)
REPAIR: Final = Line(
    item="Plumbing:Repair",
    description="Replace valve",
    quantity=Decimal("1.500000"),
    rate=Decimal("80.00"),
    amount_cents=12000,
    is_taxable=True,
    class_name="Plumbing",
    service_date=date(2026, 1, 30),
)
COUPON: Final = Line(
    item="Marketing Coupons",
    description="SAVE20",
    quantity=Decimal(1),
    rate=Decimal("-20.01"),
    amount_cents=-2001,
    is_taxable=False,
    class_name="Marketing",
)
INVOICE: Final = InvoiceRecord(
    number="001042",
    party=PARTY,
    date=date(2026, 1, 31),
    due_date=date(2026, 3, 2),
    terms="Net 30",
    department="Plumbing South",
    memo="Job 77",
    message="Thank you!",
    tax_name="IL Sales Tax",
    tax_rate=Decimal("6.25"),
    tax_cents=750,
    subtotal_cents=9999,
    total_cents=10749,
    lines=(REPAIR, COUPON),
)
PAYMENT: Final = PaymentRecord(
    number="P-0007",
    party=PARTY,
    date=date(2026, 2, 1),
    method="check",
    reference="000123",
    memo="Front desk",
    gross_cents=15000,
    rows=(PaymentRowRecord("001042", 10749), PaymentRowRecord("", 4251)),
)
REFUND: Final = JournalRecord(
    number="R-15",
    party=PARTY,
    date=date(2026, 2, 9),
    amount_cents=1999,
    method="card",
    memo="Goodwill",
    payment_number="P-0007",
    invoice_numbers=("001042",),
    department="Plumbing South",
    class_name="Plumbing",
)
CREDIT_MEMO: Final = CreditMemoRecord(number="CM-3", date=date(2026, 2, 10), invoice=INVOICE)
ONLINE_SETTINGS: Final = BatchSettings(
    profile="online",
    ar_account="Accounts Receivable (A/R)",
    deposit_accounts={"check": "Checking:Deposits"},
    refund_accounts={"card": "Merchant Clearing"},
    default_deposit_account="",
    default_refund_account="Undeposited Funds",
    default_tax_item="Out of State",
    layout_version=1,
)
DESKTOP_SETTINGS: Final = replace(
    ONLINE_SETTINGS, profile="desktop", ar_account="Accounts Receivable"
)


def sheet_of(columns: Iterable[Column], rows: Iterable[SheetRow]) -> Worksheet:
    """Write rows and return the sheet as openpyxl reads it."""
    file = io.BytesIO()
    write_workbook(file, sheet_name="Sheet", columns=tuple(columns), rows=rows)
    return load_workbook(file).worksheets[0]


def read_back(
    file_number: int, rows: Iterable[SheetRow], settings: BatchSettings
) -> list[list[Any]]:
    """Write the rows as this file and return all cell values, the header first."""
    columns = layout(file_number, settings.profile)
    return [[_as_written(cell.value) for cell in row] for row in sheet_of(columns, rows)]


def _as_written(value: Any) -> Any:
    """Return the date of a cell that openpyxl reads as midnight."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


class Folder:
    """Stores the parts that are written, by name."""

    def __init__(self) -> None:
        self.files: dict[str, io.BytesIO] = {}

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Return a new file for a part."""
        self.files[name] = io.BytesIO()
        yield self.files[name]

    def column(self, name: str, column: int) -> list[Any]:
        """Return the values in one column of a part, without the header."""
        sheet = load_workbook(self.files[name], read_only=True).worksheets[0]
        return [row[column] for row in sheet.iter_rows(min_row=2, values_only=True)]
