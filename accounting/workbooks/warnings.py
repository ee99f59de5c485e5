"""File 7: to be read before loading; it is not imported."""

from collections.abc import Iterator, Mapping
from typing import Final

from accounting.records.documents import BatchSettings, WarningRecord
from accounting.workbooks.layouts import WARNINGS, SheetRow, row_maker

SEVERITY_NAMES: Final[Mapping[str, str]] = {"warn": "Warning", "block": "Left out"}


def rows(record: WarningRecord, settings: BatchSettings) -> Iterator[SheetRow]:
    """Yield the one row of a warning in layout order, the amount in cents."""
    make_row = row_maker(WARNINGS, settings.profile, settings.layout_version)
    yield make_row(
        {
            "severity": SEVERITY_NAMES[record.severity],
            "file_name": record.file_name,
            "number": record.document_number,
            "customer": record.customer,
            "date": record.date,
            "amount": record.amount_cents,
            "check": record.check,
            "problem": record.problem,
            "remedy": record.remedy,
        }
    )
