"""The rows of each document of a file of a batch, in the order of the file."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from accounting.models import Batch, ItemWarning, Kind
from accounting.models.kinds import PAYMENT_KINDS
from accounting.records import reading
from accounting.records.documents import (
    BatchSettings,
    CreditMemoRecord,
    WarningRecord,
)
from accounting.workbooks import credit_memos, invoices, journals, payments, warnings
from accounting.workbooks.layouts import FILE_NUMBERS, FILES, WARNINGS, SheetRow

_TITLES: Final = {file.kind: file.title for file in FILES}


def document_rows(
    batch: Batch,
    file_number: int,
    settings: BatchSettings,
    span: reading.Span = reading.EVERYTHING,
) -> Iterator[list[SheetRow]]:
    """Yield the rows of each document of a file, in layout order."""
    if file_number == WARNINGS:
        for _, group in groupby(warning_records(batch), key=itemgetter(0)):
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


def warning_records(
    batch: Batch, *, first: int = 0, count: int | None = None
) -> Iterator[tuple[int, WarningRecord]]:
    """Yield (item id, warning) of file 7, in the order of the files and their documents."""
    for values in _warnings(batch, first, count):
        item_id, kind, number, customer, date, cents, code, problem, remedy = values
        yield (
            item_id,
            WarningRecord(
                severity="warn",
                file_name=_TITLES[kind],
                document_number=number,
                customer=customer,
                date=date,
                amount_cents=cents,
                check=code,
                problem=problem,
                remedy=remedy,
            ),
        )


def _warnings(batch: Batch, first: int, count: int | None) -> Iterable[tuple[Any, ...]]:
    left = count
    skip = first
    for kind in sorted(FILE_NUMBERS, key=lambda name: FILE_NUMBERS[name]):
        rows = (
            ItemWarning.objects.filter(item__batch=batch, item__kind=kind)
            .order_by("item__position", "pk")
            .values_list(
                "item_id",
                "item__kind",
                "item__number",
                "item__party__accounting_key",
                "item__date",
                "amount_cents",
                "check_code",
                "problem",
                "remedy",
            )
        )
        for row in rows.iterator(chunk_size=reading.CHUNK):
            if skip:
                skip -= 1
            elif left is None:
                yield row
            elif left > 0:
                left -= 1
                yield row
