"""Reads the same records from a workbook: one sheet per type, plus lines and allocations.

Row 1 of a sheet has the names of the fields; those of an object within a record are written with a
dot, such as `tax.rate` or `billing_address.city`. Lines name their invoice in `invoice`, and
allocations their payment in `payment`. An empty cell is a field left out. Each sheet becomes a feed
whose line numbers are the row numbers, so every rule and every message is that of the feed.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from feed.chunks import FeedReport
from feed.fields import FieldError
from feed.importer import FeedFile, OnProblem, import_feed
from feed.lines import Line
from feed.records import RECORD_TYPES
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin

MOST_BYTES: Final = 100_000_000
"""Unpacked, as the zip declares: zipfile reads no more than that of any member."""
MOST_ROWS: Final = 100_000
"""Rows of a sheet; more belongs in JSON Lines, which need no memory for them."""
PARTS: Final = {"invoice": ("invoice_lines", "lines"), "payment": ("allocations", "allocations")}
"""Type → the sheet of its parts, and the field that they become."""
UNREADABLE: Final = (
    BadZipFile,
    ParseError,
    zlib.error,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OSError,
)
"""What openpyxl raises for a file that is not a workbook, or is damaged."""

Row = dict[str, Any]
Part = tuple[int, Row, FieldError | None]
"""Number and content of a row, and what is wrong with it."""


def import_workbook(
    file: BinaryIO,
    *,
    source: str,
    origin: Origin,
    atomic: bool = False,
    dry_run: bool = False,
    on_problem: OnProblem = lambda _: None,
) -> FeedReport:
    """Import the records of an .xlsx file; see `import_feed`.

    A problem's file is "SOURCE sheet NAME", its line the row. Raises Refused for a file that is not
    a workbook, is too large, or has an unknown sheet or header.
    """
    return import_feed(
        sheets_of(file, source=source),
        origin=origin,
        atomic=atomic,
        dry_run=dry_run,
        on_problem=on_problem,
    )


def sheets_of(file: BinaryIO, *, source: str) -> Iterator[FeedFile]:
    """Yield the sheets of an .xlsx file as feeds, in the order of their references.

    Raises Refused for a file that is not a workbook or is too large, and for an unknown sheet or
    header.
    """
    _refuse_large(file)
    with _opened(file) as workbook:
        for name, lines in _Sheets(workbook).in_order():
            yield FeedFile(f"{source} sheet {name}", lines)


def _refuse_large(file: BinaryIO) -> None:
    try:
        with ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except BadZipFile:
        raise Refused("This isn't a workbook; save it as .xlsx.") from None
    if size > MOST_BYTES:
        raise Refused(
            f"The workbook unpacks to {size:,} bytes; the limit is {MOST_BYTES:,}. Send JSON "
            "Lines, or several workbooks."
        )
    file.seek(0)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[Any]:
    try:
        workbook = load_workbook(file, read_only=True, data_only=True)
    except UNREADABLE:
        raise Refused("This workbook can't be read; save it again as .xlsx.") from None
    try:
        yield workbook
    finally:
        workbook.close()


class _Sheets:
    """The sheets of a workbook as feeds."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        part_sheets = [sheet for sheet, _ in PARTS.values()]
        for name in workbook.sheetnames:
            if name not in RECORD_TYPES and name not in part_sheets:
                raise Refused(
                    f"Sheet “{name}” is not known; known are: "
                    f"{', '.join([*RECORD_TYPES, *part_sheets])}."
                )
        self.parts = {record_type: self._read_parts(record_type) for record_type in PARTS}

    def in_order(self) -> Iterator[tuple[str, Iterator[Line]]]:
        """Yield name and lines of each sheet, in the order in which records refer to each other."""
        for name in RECORD_TYPES:
            if name in self.workbook.sheetnames:
                yield name, self._records(name)
            if name in PARTS:
                yield PARTS[name][0], self._orphans(name)

    def _records(self, name: str) -> Iterator[Line]:
        for number, row, error in self._rows(name):
            parts = self.parts[name].pop(str(row.get("number", "")), []) if name in PARTS else []
            error = error or next((_of_part(name, part) for part in parts if part[2]), None)
            if error:
                yield Line(number, error)
                continue
            if name in PARTS:
                row[PARTS[name][1]] = [part for _, part, _ in parts]
            if name == "invoice":
                row.setdefault("tax", None)
            yield Line(number, json.dumps({**row, "type": name}).encode())

    def _read_parts(self, name: str) -> dict[str, list[Part]]:
        """Return number of the document → its parts; "" for those that name none."""
        found: dict[str, list[Part]] = defaultdict(list)
        for number, row, error in self._rows(PARTS[name][0]):
            found[str(row.pop(name, ""))].append((number, row, error))
        return found

    def _orphans(self, name: str) -> Iterator[Line]:
        """Yield the parts without a document; each is a problem."""
        left = [
            (number, document)
            for document, parts in self.parts[name].items()
            for number, _, _ in parts
        ]
        for number, document in sorted(left):
            reason = f"there is no “{document}” on sheet {name}" if document else "is missing"
            yield Line(number, FieldError(reason, name))

    def _rows(self, name: str) -> Iterator[Part]:
        """Yield number and content of each row that is not empty, and what is wrong with it."""
        if name not in self.workbook.sheetnames:
            return
        sheet = self.workbook[name]
        sheet.reset_dimensions()
        try:
            rows = enumerate(sheet.iter_rows(), 1)
            _, first = next(rows, (1, ()))
            header = _header(name, first)
            for number, cells in rows:
                if all(cell.value is None for cell in cells):
                    continue
                if number > MOST_ROWS:
                    raise Refused(f"Sheet {name} has more than {MOST_ROWS:,} rows; split it.")
                yield number, *_row(header, cells)
        except UNREADABLE:
            raise Refused(f"Sheet {name} is damaged; save the workbook again.") from None


def _header(sheet: str, cells: Any) -> list[str]:
    header = ["" if cell.value is None else str(cell.value) for cell in cells]
    names = [name for name in header if name]
    if len(set(names)) < len(names):
        raise Refused(f"Row 1 of sheet {sheet} names a field twice.")
    return header


def _row(header: list[str], cells: Any) -> tuple[Row, FieldError | None]:
    """Return what the cells say, and the first thing that is wrong with them."""
    row: Row = {}
    errors = []
    for index, cell in enumerate(cells):
        if cell.value is None:
            continue
        name = header[index] if index < len(header) else ""
        outer, dot, inner = name.partition(".")
        if not name:
            errors.append(FieldError("has no name in row 1", f"column {index + 1}"))
        elif cell.data_type == "e":
            errors.append(FieldError(f"contains the error {cell.value}; correct the cell", name))
        elif not dot:
            row[name] = _as_json(cell.value)
        elif isinstance(fields := row.setdefault(outer, {}), dict):
            fields[inner] = _as_json(cell.value)
        else:
            errors.append(FieldError(f"conflicts with column {outer}; use only one of them", name))
    return row, errors[0] if errors else None


def _of_part(name: str, part: Part) -> FieldError:
    """Return a part's problem as its document's: without the part it would be incomplete."""
    number, _, error = part
    sheet, field = PARTS[name]
    assert error is not None  # noqa: S101  the caller has checked
    return FieldError(f"row {number} of sheet {sheet}: {error.field}: {error.reason}", field)


def _as_json(value: object) -> str | bool:
    """Return what a cell says, as a feed would: numbers and dates as text, to the digit."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
