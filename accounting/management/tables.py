"""Tables for people at a terminal, streamed one line per row."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """A column of at least `width` characters; longer values are never cut."""

    title: str
    width: int
    is_number: bool = False

    def cell(self, value: object) -> str:
        text = "" if value is None else str(value)
        return text.rjust(self.width) if self.is_number else text.ljust(self.width)


def table_lines(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the header and then each row; nothing at all without a row."""
    has_header = False
    for row in rows:
        if not has_header:
            yield _line(columns, [column.title for column in columns])
            has_header = True
        yield _line(columns, row)


def _line(columns: Sequence[Column], values: Sequence[Any]) -> str:
    cells = [column.cell(value) for column, value in zip(columns, values, strict=True)]
    return "  ".join(cells).rstrip()
