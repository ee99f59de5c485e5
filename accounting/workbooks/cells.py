"""Values to cells of sheet XML: each kind of column has a table of the cells it made before.

The inner loop of every export. A row is encoded by one look-up a cell (in C, no Python call) and
one replacement of the row number; only a value new to its column runs Python code.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import getitem
from typing import Any, Final

from accounting.workbooks.layouts import CellKind, Column

LONGEST_CELL: Final = 32_767
"""Characters in a cell; Excel counts UTF-16 units and calls a file with more corrupt."""

KEPT_CELLS: Final = 1_024
"""How many cells a column remembers before it starts afresh; measured, larger gains nothing."""

SHARED_TEXTS: Final = 131_072
"""How many texts the shared table takes, to bound the memory; later ones stand in their cells."""

_ROW: Final = "\x01"
"""Stands for the row number in a remembered cell; no text has it, it is a control character."""

_BLANK: Final[Mapping[object, str]] = {None: "", "": ""}
_REFUSED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FIRST_DATE: Final = date(1900, 3, 1)
"""Before this day spreadsheets disagree on the serial number of a date."""
_EPOCH: Final = date(1899, 12, 30).toordinal()
_MOST_DECIMALS: Final = 6
_MOST_DIGITS: Final = 15


def escape(text: str) -> str:
    """Return the text as XML character data that reads back as exactly this text.

    Excel reads `_x000D_` as a carriage return, so text that looks like it is escaped in turn.
    """
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return text


def string_item(tag: str, text: str) -> str:
    """Return a text as the element that holds it: `si` in the shared table, `is` in a cell."""
    return f'<{tag}><t xml:space="preserve">{escape(text)}</t></{tag}>'


def column_letters(index: int) -> str:
    """Return A for 0, Z for 25, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


class Texts:
    """The shared table of a sheet: text → its number; and what the new values weigh.

    The weight is the most that they can take in the file, in hundredths of a byte: random text
    shrinks to 87 % at worst, random digits to 45 %, and the markup of a text to a few bytes.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.weight = 0

    def weigh_text(self, size: int) -> None:
        """Count a new text of so many bytes."""
        self.weight += 88 * (size + 6)

    def weigh_number(self, size: int) -> None:
        """Count a new number of so many digits."""
        self.weight += 55 * size

    def mark(self) -> tuple[int, int]:
        """Return a point to return to."""
        return len(self.numbers), self.weight

    def return_to(self, mark: tuple[int, int]) -> None:
        """Forget what was met since: a document that did not fit takes its texts along."""
        count, self.weight = mark
        while len(self.numbers) > count:
            self.numbers.popitem()


class _Cells(dict[object, str], ABC):
    """Value → its finished cell in one column; `__missing__` makes the cell of a new value."""

    def __init__(self, column: Column, letters: str, style: int, texts: Texts) -> None:
        super().__init__(_BLANK)
        self.header = column.header
        self.texts = texts
        self.start = f'<c r="{letters}{_ROW}"' + (f' s="{style}"' if style else "")

    def __missing__(self, value: Any) -> str:
        try:
            cell = self.cell(value)
        except ValueError as error:
            raise ValueError(f'column "{self.header}": {error}') from None
        if len(self) >= KEPT_CELLS:
            self.clear()
            self.update(_BLANK)
        self[value] = cell
        return cell

    @abstractmethod
    def cell(self, value: Any) -> str:
        """Return the XML of one cell; raise ValueError for a value that this kind cannot hold."""

    def number(self, text: str) -> str:
        """Return a cell that holds a number given by its exact digits."""
        self.texts.weigh_number(len(text))
        return f"{self.start}><v>{text}</v></c>"


class _TextCells(_Cells):
    """Text, a string by construction: no value can become a formula, a number or an error."""

    def cell(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not text")
        texts = self.texts
        number = texts.numbers.get(value)
        if number is None:
            texts.weigh_text(_checked_size(value))
            number = len(texts.numbers)
            if number >= SHARED_TEXTS:
                return f'{self.start} t="inlineStr">{string_item("is", value)}</c>'
            texts.numbers[value] = number
        return f'{self.start} t="s"><v>{number}</v></c>'


class _DateCells(_Cells):
    def cell(self, value: Any) -> str:
        if type(value) is not date:
            raise ValueError(f"{value!r} is not a date")
        if value < _FIRST_DATE:
            raise ValueError(f"{value} is before {_FIRST_DATE}")
        return self.number(str(value.toordinal() - _EPOCH))


class _CentsCells(_Cells):
    def cell(self, value: Any) -> str:
        if type(value) is not int:
            raise ValueError(f"{value!r} is not an amount in whole cents")
        if abs(value) >= 10**_MOST_DIGITS:
            raise ValueError(f"{value} cents have more than {_MOST_DIGITS} digits")
        sign = "-" if value < 0 else ""
        units, cents = divmod(abs(value), 100)
        return self.number(f"{sign}{units}.{cents:02d}")


class _DecimalCells(_Cells):
    def cell(self, value: Any) -> str:
        if type(value) is not Decimal:
            raise ValueError(f"{value!r} is not a decimal number")
        if not value.is_finite():
            raise ValueError(f"{value} is not a finite number")
        text = f"{value:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        units, _, decimals = text.partition(".")
        if len(decimals) > _MOST_DECIMALS:
            raise ValueError(f"{text} has more than {_MOST_DECIMALS} decimals")
        if len((units.lstrip("-") + decimals).strip("0")) > _MOST_DIGITS:
            raise ValueError(f"{text} has more than {_MOST_DIGITS} digits")
        return self.number("0" if text == "-0" else text)


_KINDS: Final[Mapping[CellKind, type[_Cells]]] = {
    "text": _TextCells,
    "date": _DateCells,
    "cents": _CentsCells,
    "rate": _DecimalCells,
    "quantity": _DecimalCells,
}


class RowEncoder:
    """Turns the tuples of one sheet into row elements and fills the sheet's table of texts."""

    def __init__(self, columns: Sequence[Column], styles: Mapping[str, int]) -> None:
        self.texts = Texts()
        self._header_style = styles["header"]
        self._width = len(columns)
        self._columns = [
            _KINDS[column.kind](column, column_letters(index), styles[column.kind], self.texts)
            for index, column in enumerate(columns)
        ]

    def header(self, columns: Sequence[Column]) -> str:
        """Return the first row: the headers as text."""
        cells = [
            _TextCells(column, column_letters(index), self._header_style, self.texts)[column.header]
            for index, column in enumerate(columns)
        ]
        return _row_element(1, "".join(cells))

    def row(self, number: int, values: Sequence[Any]) -> str:
        """Return the row element; raise ValueError naming row and column of what cannot be written.

        None and empty text have no cell.
        """
        if len(values) != self._width:
            raise ValueError(f"Row {number}: {len(values)} values for {self._width} columns.")
        try:
            return _row_element(number, "".join(map(getitem, self._columns, values)))
        except ValueError as error:
            raise ValueError(f"Row {number}, {error}.") from None


def _row_element(number: int, cells: str) -> str:
    digits = str(number)
    return f'<row r="{digits}">{cells.replace(_ROW, digits)}</row>'


def _checked_size(text: str) -> int:
    """Return the size of the text in bytes; raise ValueError for what no workbook can hold."""
    refused = _REFUSED.search(text)
    if refused is not None:
        code = ord(refused.group())
        what = "half a surrogate pair" if 0xD800 <= code <= 0xDFFF else "a control character"
        raise ValueError(f"{what} (U+{code:04X}) cannot be written")
    if len(text) > LONGEST_CELL // 2:
        length = len(text.encode("utf-16-le")) // 2
        if length > LONGEST_CELL:
            raise ValueError(f"a text of {length:,} characters; a cell holds {LONGEST_CELL:,}")
    return len(text.encode())
