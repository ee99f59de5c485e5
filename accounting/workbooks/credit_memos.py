"""File 6: a legacy credit memo, its invoice's lines restated with the same amounts."""

from collections.abc import Iterator

from accounting.records.documents import BatchSettings, CreditMemoRecord
from accounting.records.limits import LIMITS, cut
from accounting.workbooks.invoices import document_values, each_line
from accounting.workbooks.layouts import CREDIT_MEMOS, SheetRow, row_maker


def rows(record: CreditMemoRecord, settings: BatchSettings) -> Iterator[SheetRow]:
    """Yield the rows of one credit memo in layout order, amounts in cents, positive as invoiced."""
    make_row = row_maker(CREDIT_MEMOS, settings.profile, settings.layout_version)
    limits = LIMITS[settings.profile]
    values = document_values(record.invoice, settings)
    values["number"] = record.number
    values["date"] = record.date
    values["memo"] = cut(memo(record), limits.memo)
    for each in each_line(record.invoice, limits):
        values.update(each)
        yield make_row(values)


def memo(record: CreditMemoRecord) -> str:
    """Return the memo before cutting: it names the invoice that is credited."""
    return f"Credit for invoice {record.invoice.number}. {record.invoice.memo}".rstrip()
