"""The usual implementation: all objects, then all cells, then the zip."""

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from openpyxl import Workbook

from accounting.checks.findings import content_record, party_record
from accounting.models import Batch, BatchItem
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.records.documents import BatchSettings, PaymentRecord, PaymentRowRecord
from accounting.workbooks import invoices, payments
from accounting.workbooks.layouts import FILES, ExportFile, SheetRow, layout
from benchmarks.bench_workbook import openpyxl_cells

PREFETCHED: Final = 500
"""Objects whose relations are fetched together: SQLite takes no longer list of them."""


def write_naively(batch: Batch, path: Path) -> None:
    """Write the files of invoices and payments with openpyxl's normal mode; the rows are ours."""
    settings = BatchSettings.from_json(batch.company_settings)
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for file in FILES:
            if file.kind not in (*INVOICE_KINDS, *PAYMENT_KINDS):
                continue
            columns = layout(file.number, settings.profile, settings.layout_version)
            workbook = Workbook()
            sheet = workbook.worksheets[0]
            sheet.append([column.header for column in columns])
            for row in _rows(batch, file, settings):
                sheet.append(openpyxl_cells(sheet, row, columns))
            book = Path(folder) / file.name
            workbook.save(book)
            archive.write(book, book.name)


def _rows(batch: Batch, file: ExportFile, settings: BatchSettings) -> Iterator[SheetRow]:
    """Yield the rows of a file from objects, with all that belongs to them prefetched."""
    items = BatchItem.objects.filter(batch=batch, kind=file.kind).order_by("position")
    if file.kind in INVOICE_KINDS:
        found = items.select_related("customer", "invoice", "invoice_revision").prefetch_related(
            "invoice_revision__lines"
        )
        for item in list(found.iterator(chunk_size=PREFETCHED)):
            yield from _invoice_rows(item, file, settings)
    else:
        found = items.select_related("customer", "payment_revision").prefetch_related(
            "payment_rows__invoice", "refund_uses__refund"
        )
        for item in list(found.iterator(chunk_size=PREFETCHED)):
            yield from payments.rows(_payment(item), settings, file_number=file.number)


def _invoice_rows(item: BatchItem, file: ExportFile, settings: BatchSettings) -> Iterator[SheetRow]:
    revision = item.invoice_revision
    assert revision is not None
    content = content_record(revision, item.number, revision.lines.all())
    record = replace(content, party=party_record(item.customer), department=item.department_name)
    yield from invoices.rows(record, settings, file_number=file.number)


def _payment(item: BatchItem) -> PaymentRecord:
    revision = item.payment_revision
    assert revision is not None
    return PaymentRecord(
        number=item.number,
        party=party_record(item.customer),
        date=revision.date,
        method=revision.method,
        reference=revision.reference,
        memo=revision.memo,
        gross_cents=revision.amount_cents,
        rows=tuple(
            PaymentRowRecord(row.invoice.number if row.invoice else "", row.amount_cents)
            for row in item.payment_rows.all()
        ),
        netted=tuple((use.refund.number, use.amount_cents) for use in item.refund_uses.all()),
    )
