"""The rows of each document of a file of a batch, in the order of the file."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from accounting.models import Batch, Kind
from accounting.models.kinds import PAYMENT_KINDS
from accounting.records import reading
from accounting.records.documents import BatchSettings, CreditMemoRecord
from accounting.workbooks import credit_memos, invoices, journals, payments, warnings
from accounting.workbooks.layouts import FILES, WARNINGS, Row


def document_rows(
    batch: Batch,
    file_number: int,
    settings: BatchSettings,
    span: reading.Span = reading.EVERYTHING,
) -> Iterator[list[Row]]:
    """Yield the rows of each document of a file, in layout order."""
    if file_number == WARNINGS:
        for _, group in groupby(reading.warning_records(batch), key=itemgetter(0)):
            yield [row for _, record in group for row in warnings.rows(record, settings)]
        return
    kind = FILES[file_number - 1].kind
    if kind == Kind.JOURNAL:
        for entry in reading.journal_records(batch, span):
            yield list(journals.rows(entry, settings))
    elif kind in PAYMENT_KINDS:
        for payment in reading.payment_records(batch, kind, span):
            yield list(payments.rows(payment, settings, file_number=file_number))
    else:
        for record in reading.invoice_records(batch, kind, span):
            if isinstance(record, CreditMemoRecord):
                yield list(credit_memos.rows(record, settings))
            else:
                yield list(invoices.rows(record, settings, file_number=file_number))
