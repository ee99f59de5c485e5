"""The contents of the files of a zip, in the model's terms."""

import datetime
import io
import zipfile
from decimal import Decimal
from typing import Any, Final

import openpyxl

METHOD_NAMES: Final = {
    "Card": "card",
    "ACH": "ach",
    "Check": "check",
    "External": "external",
}
FILE_NAMES: Final = (
    "1 Invoice Inserts",
    "2 Invoice Updates",
    "3 Payment Inserts",
    "4 Payment Updates",
    "5 Journal Inserts",
    "6 Credit Memos",
    "7 Warnings",
)


def read_zip(zipped: bytes) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of each file by its number."""
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        return {
            number: [_READERS[number](row) for row in _read(archive.read(f"{name}.xlsx"))]
            for number, name in enumerate(FILE_NAMES, start=1)
        }


def _read(content: bytes) -> list[dict[str, Any]]:
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    headers, *rows = workbook.active.iter_rows(values_only=True)
    workbook.close()
    return [dict(zip(headers, row, strict=True)) for row in rows]


def _cents(amount: Any) -> int:
    return int(Decimal(str(amount)) * 100) if amount is not None else 0


def _day(moment: datetime.datetime | None) -> datetime.date | None:
    return moment.date() if moment else None


def _document_row(row: dict[str, Any], number: str, date: str) -> tuple[Any, ...]:
    quantity = row["Product/Service Quantity"]
    return (
        row[number],
        row["Customer"],
        _day(row[date]),
        row["Memo"] or "",
        _cents(row["Sales Tax Amount"]),
        row["Product/Service"],
        row["Product/Service Description"] or "",
        _cents(row["Product/Service Amount"]),
        row["Product/Service Class"] or "",
        _day(row["Service Date"]),
        None if quantity is None else Decimal(str(quantity)),
        row["Product/Service Taxable"] == "TRUE",
        row["Email"] or "",
    )


def _invoice(row: dict[str, Any]) -> tuple[Any, ...]:
    return _document_row(row, "Invoice No", "Invoice Date")


def _credit_memo(row: dict[str, Any]) -> tuple[Any, ...]:
    # Its memo is the application's own wording.
    return _document_row({**row, "Memo": ""}, "Credit Memo No", "Credit Memo Date")


def _payment(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["Ref No"],
        _day(row["Payment Date"]),
        row["Customer"],
        METHOD_NAMES[row["Payment method"]],
        row["Invoice No"],
        _cents(row["Amount"]),
        row["Reference No"] or "",
    )


def _journal(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["Journal No"],
        _day(row["Journal Date"]),
        row["Account"],
        _cents(row["Amount"]),
        row["Name"],
    )


def _warning(row: dict[str, Any]) -> tuple[Any, ...]:
    return int(row["File"][0]), row["Document No"], str(row["Check"])


_READERS: Final = {
    1: _invoice,
    2: _invoice,
    3: _payment,
    4: _payment,
    5: _journal,
    6: _credit_memo,
    7: _warning,
}
