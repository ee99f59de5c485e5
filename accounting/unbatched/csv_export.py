"""All matching rows of Unbatched as CSV, for a spreadsheet."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.filters import Filters
from accounting.unbatched.flags import flags, key_of
from accounting.unbatched.selection import SelectedRow, SelectionRule, list_rows, read_rows
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text
from sera_batching.tables import Sorting

ROWS_AT_ONCE: Final = 1_000
HEADER: Final = (
    "Selected",
    "Number",
    "Date",
    "Customer",
    "Department",
    "Kind",
    "Flags",
    "Blocked because",
    "Total",
)


def unbatched_lines(
    tab: str, filters: Filters, sorting: Sorting, profile: str, choice: SelectionRule
) -> Iterator[str]:
    """Yield the lines of the file, header first; a few statements per thousand rows."""
    rows = list_rows(
        tab,
        filters=filters,
        profile=profile,
        choice=choice,
        sort=sorting.key,
        descending=sorting.is_descending,
    ).iterator(chunk_size=ROWS_AT_ONCE)
    chunks = iter(lambda: read_rows(islice(rows, ROWS_AT_ONCE)), [])
    return csv_lines(HEADER, (values for chunk in chunks for values in _cells(chunk, profile)))


def _cells(chunk: list[SelectedRow], profile: str) -> Iterator[list[Any]]:
    rows = [one.row for one in chunk]
    words, reasons = flags(rows), block_reasons(rows, profile)
    for one in chunk:
        row = one.row
        yield [
            "yes" if one.is_selected else "no",
            safe_text(row.number),
            row.date.isoformat(),
            safe_text(row.customer),
            safe_text(row.department or ""),
            row.kind_label,
            ", ".join(words.get(key_of(row), [])),
            safe_text(" ".join(reasons.get(key_of(row), []))),
            cents_text(row.amount_cents),
        ]
