"""What to reverse in QuickBooks after an undo, as CSV: to be worked through in a spreadsheet."""

from collections.abc import Iterable, Iterator
from typing import Final

from accounting.batches.undo_plan import Reversal
from accounting.workbooks.layouts import file_title
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

HEADER: Final = ("Batch", "File", "Number", "Customer", "Date", "Amount", "What to do")


def reversal_lines(reversals: Iterable[Reversal]) -> Iterator[str]:
    """Yield the lines of the file, header first."""
    return csv_lines(
        HEADER,
        (
            (
                reversal.batch_id,
                file_title(reversal.file_number),
                safe_text(reversal.number),
                safe_text(reversal.customer),
                reversal.date.isoformat(),
                cents_text(reversal.amount_cents),
                reversal.what_to_do,
            )
            for reversal in reversals
        ),
    )
