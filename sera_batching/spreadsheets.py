"""Lists as CSV files for spreadsheets: streamed, and no cell can be read as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from django.http import StreamingHttpResponse

_STARTS_OF_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads the file in the machine's code page."""


class _Echo:
    """A target for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def safe_text(text: str) -> str:
    """Return text that no spreadsheet reads as a formula (reliability.md, B1)."""
    return f"'{text}" if text.startswith(_STARTS_OF_FORMULAS) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of the file, header first; text that came from outside goes by `safe_text`.

    Amounts are to come as text of `money.cents_text`, dates as ISO text.
    """
    writer = csv.writer(_Echo())
    yield _BYTE_ORDER_MARK + writer.writerow(header)
    for row in rows:
        yield writer.writerow(row)


def csv_answer(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Answer with a CSV file of this name (without ".csv"; plain characters only), streamed."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
