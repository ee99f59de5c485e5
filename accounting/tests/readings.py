"""Reads the books for tests: rows of Unbatched, items, payment rows, and finished zips."""

import io
import zipfile
from typing import Any

import openpyxl

from accounting.models import Batch, BatchItem, ItemWarning, PaymentRow
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import TABS, UnbatchedRow
from accounting.unbatched.selection import NamedDocuments, list_rows, read_rows
from accounting.workbooks.layouts import FILES
from accounting.zips import storage
from sera_batching.models import Company

Brief = tuple[str, str, int]
"""Kind, number, cents."""


def unbatched_rows(*tabs: str, filters: Filters | None = None) -> list[UnbatchedRow]:
    """Return the rows of these tabs, or of both, by number."""
    profile = Company.current().profile
    return [
        selected.row
        for tab in tabs or TABS
        for selected in read_rows(
            list_rows(tab, filters=filters or Filters(), profile=profile, choice=NamedDocuments())
        )
    ]


def unbatched(*tabs: str, filters: Filters | None = None) -> list[Brief]:
    """Return kind, number and cents of what Unbatched shows in these tabs, or in both."""
    return [
        (row.kind, row.number, row.amount_cents) for row in unbatched_rows(*tabs, filters=filters)
    ]


def unbatched_row(number: str) -> UnbatchedRow:
    """Return the only row of Unbatched with this number."""
    (row,) = (row for row in unbatched_rows() if row.number == number)
    return row


def items_of(batch: Batch) -> list[Brief]:
    """Return kind, number and cents of a batch's items, in the order of its files."""
    items = BatchItem.objects.filter(batch=batch).order_by("kind", "position")
    return list(items.values_list("kind", "number", "amount_cents"))


def payment_rows(batch: Batch, number: str) -> list[tuple[str, int]]:
    """Return (invoice number, cents) of a payment's rows in a batch; "" is the blank one."""
    rows = PaymentRow.objects.filter(item__batch=batch, item__number=number)
    return [
        (invoice or "", cents)
        for invoice, cents in rows.order_by("position").values_list(
            "invoice__number", "amount_cents"
        )
    ]


def warnings_of(batch: Batch) -> list[tuple[str, str, int | None]]:
    """Return (document number, check, cents) of a batch's warnings, in their order."""
    warnings = ItemWarning.objects.filter(item__batch=batch).order_by("pk")
    return list(warnings.values_list("item__number", "check_code", "amount_cents"))


def zip_of(batch: Batch) -> bytes:
    """Return the stored zip."""
    with storage.open_key(batch.storage_key) as file:
        return file.read()


def workbook_rows(zipped: bytes, file_number: int) -> list[dict[str, Any]]:
    """Return the rows of a file in a zip by header, without blank cells, as openpyxl reads them."""
    name = FILES[file_number - 1].name
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        workbook = openpyxl.load_workbook(io.BytesIO(archive.read(name)))
    headers, *rows = workbook.active.iter_rows(values_only=True)
    return [
        {header: value for header, value in zip(headers, row, strict=True) if value is not None}
        for row in rows
    ]
