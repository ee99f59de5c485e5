"""The rows of a batch's files as text, as a spreadsheet would show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from accounting.models import BatchFile
from accounting.workbooks.layouts import FILES, WARNINGS, CellKind, Column
from sera_batching.date_texts import day_text
from sera_batching.money import cents_text

_CSS: Final = {"cents": "amount", "rate": "number", "quantity": "number", "date": "date"}


@dataclass(frozen=True, slots=True)
class SheetTab:
    """One of the seven files, with all its parts."""

    number: int
    title: str
    document_count: int
    """The number of paging units: documents, which are never split; rows for Warnings."""
    row_count: int


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of a cell, and its alignment."""

    text: str
    css: str


def tabs_of(files: Sequence[BatchFile]) -> list[SheetTab]:
    """Return one tab per file, in load order."""
    tabs = []
    for file in FILES:
        parts = [part for part in files if part.number == file.number]
        rows = sum(part.row_count for part in parts)
        documents = sum(part.document_count for part in parts)
        tabs.append(
            SheetTab(file.number, file.title, _paged_by(file.number, documents, rows), rows)
        )
    return tabs


def _paged_by(number: int, documents: int, rows: int) -> int:
    return rows if number == WARNINGS else documents


def cells_of(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> list[list[Cell]]:
    """Return rows of values as rows of cells."""
    return [
        [
            Cell(cell_text(value, column.kind), _CSS.get(column.kind, ""))
            for value, column in zip(row, columns, strict=True)
        ]
        for row in rows
    ]


def cell_text(value: Any, kind: CellKind) -> str:
    """Return a value as its cell shows it: 11/02/2026, 150.00, 1.5; empty for a blank cell."""
    if value is None:
        return ""
    if isinstance(value, date):
        return day_text(value)
    if kind == "cents":
        return cents_text(value)
    if isinstance(value, Decimal):
        return _decimal_text(value, 2 if kind == "rate" else 0)
    return str(value)


def _decimal_text(value: Decimal, least_decimals: int) -> str:
    whole, _, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(least_decimals, "0")
    return f"{whole}.{decimals}" if decimals else whole
