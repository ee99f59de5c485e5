"""Writes workbooks as a stream: our own sheet XML inside openpyxl's package (performance.md).

The same rows give the same bytes on one build of zlib, and the same `content_sha256` anywhere.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from operator import ne
from typing import IO, BinaryIO, Final, Self

from accounting.workbooks.archive import seal
from accounting.workbooks.cells import RowEncoder, string_item
from accounting.workbooks.layouts import Column, SheetRow, part_name
from accounting.workbooks.package import DECLARATION, SHEET, STRINGS, package

MOST_ROWS: Final = 1_048_575
"""Data rows in a sheet."""
PART_ROWS: Final = 50_000
PART_BYTES: Final = 9_500_000
"""SaasAnt takes 10 MB a file."""

DEFLATE_LEVEL: Final = 4
"""Measured on 100,000 rows: level 6 is 10 % smaller and takes three times as long."""

_CHUNK: Final = 1 << 18
_NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WIDTHS: Final = {"text": 18, "date": 12, "cents": 13, "rate": 13, "quantity": 10}

# What a part weighs is estimated from its rows, not taken from the compressor: parts must end at
# the same document on every build of zlib. Measured with constant and with random rows, a cell
# shrinks to less than 8 % of its XML, and to 4.3 bytes more if it differs from the one above. New
# texts and numbers add what `Texts` counts.
_PACKAGE_WEIGHT: Final = 20_000
_CELL_PERCENT: Final = 8
_CHANGED_CELL_PERCENT: Final = 430


@dataclass(frozen=True, slots=True)
class WorkbookSummary:
    """What was written: data rows, size in bytes, SHA-256 of the file and of its content."""

    rows: int
    size: int
    sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One part of a file: its name in the zip, how many documents it holds, and its workbook."""

    name: str
    documents: int
    workbook: WorkbookSummary


class WorkbookWriter:
    """Writes one workbook of one sheet to an empty, seekable file open for writing and reading.

    A context manager: leaving it before `finish` abandons the file, which is then unusable.
    """

    def __init__(self, target: BinaryIO, *, sheet_name: str, columns: Sequence[Column]) -> None:
        surroundings = package(sheet_name)
        self.rows = 0
        self._target = target
        self._content = hashlib.sha256()
        self._archive = zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=DEFLATE_LEVEL
        )
        self._encoder = RowEncoder(columns, surroundings.styles)
        self._waiting = [_sheet_start(columns), self._encoder.header(columns)]
        self._waiting_size = sum(map(len, self._waiting))
        self._weight = 100 * _PACKAGE_WEIGHT
        self._last_row: SheetRow = (None,) * len(columns)
        try:
            for name, content in surroundings.parts:
                self._write_part(name, [content.decode()])
            self._sheet = self._open_part(SHEET)
        except OSError:
            self._let_go()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # After `finish` both are closed already; after a failure they must not write again.
        with suppress(OSError, ValueError):
            self._sheet.close()
        self._let_go()

    def add(self, rows: Iterable[SheetRow]) -> None:
        """Add rows regardless of the part's limit; ValueError for a value that cannot be
        written."""
        encode = self._encoder.row
        for row in rows:
            self.rows += 1
            element = encode(self.rows + 1, row)
            self._waiting.append(element)
            self._waiting_size += len(element)
            if self._waiting_size > _CHUNK:
                self._write_waiting()

    def add_if_it_fits(self, document: Sequence[SheetRow]) -> bool:
        """Add all rows of one document; return False, adding nothing, if the part is full.

        A document too large for any part goes into an empty one: it is never split.
        """
        if self.rows and self.rows + len(document) > PART_ROWS:
            return False
        texts = self._encoder.texts
        before = texts.mark()
        encode = self._encoder.row
        elements = [encode(number, row) for number, row in enumerate(document, self.rows + 2)]
        size = sum(map(len, elements))
        weight = _CELL_PERCENT * size
        for above, row in pairwise((self._last_row, *document)):
            weight += _CHANGED_CELL_PERCENT * sum(map(ne, above, row))
        if self.rows and (self._weight + weight + texts.weight) // 100 > PART_BYTES:
            texts.return_to(before)
            return False
        self._weight += weight
        self._last_row = document[-1] if document else self._last_row
        self.rows += len(document)
        self._waiting += elements
        self._waiting_size += size
        if self._waiting_size > _CHUNK:
            self._write_waiting()
        return True

    def finish(self) -> WorkbookSummary:
        """Complete the file and return its facts; ValueError if no sheet holds so many rows."""
        if self.rows > MOST_ROWS:
            raise ValueError(f"{self.rows:,} rows; a sheet holds at most {MOST_ROWS:,}.")
        self._waiting.append("</sheetData></worksheet>")
        self._write_waiting()
        self._sheet.close()
        self._content.update(b"\0")
        self._write_part(STRINGS, self._strings())
        return WorkbookSummary(
            rows=self.rows,
            **seal(self._archive, self._target),
            content_sha256=self._content.hexdigest(),
        )

    def _let_go(self) -> None:
        with suppress(OSError, ValueError):
            self._archive.close()

    def _open_part(self, name: str) -> IO[bytes]:
        self._content.update(name.encode() + b"\0")
        return self._archive.open(name, "w")

    def _write_part(self, name: str, chunks: Iterable[str]) -> None:
        with self._open_part(name) as part:
            for chunk in chunks:
                content = chunk.encode()
                self._content.update(content)
                part.write(content)
        self._content.update(b"\0")

    def _write_waiting(self) -> None:
        content = "".join(self._waiting).encode()
        self._content.update(content)
        self._sheet.write(content)
        self._waiting.clear()
        self._waiting_size = 0

    def _strings(self) -> Iterator[str]:
        numbers = self._encoder.texts.numbers
        yield f'{DECLARATION}<sst xmlns="{_NAMESPACE}" uniqueCount="{len(numbers)}">'
        texts = iter(numbers)
        while some := list(islice(texts, 4096)):
            yield "".join([string_item("si", text) for text in some])
        yield "</sst>"


def write_workbook(
    target: BinaryIO, *, sheet_name: str, columns: Sequence[Column], rows: Iterable[SheetRow]
) -> WorkbookSummary:
    """Write one workbook of one sheet in bounded memory; ValueError for what cannot be written."""
    with WorkbookWriter(target, sheet_name=sheet_name, columns=columns) as writer:
        writer.add(rows)
        return writer.finish()


def write_part(
    target: BinaryIO, *, title: str, columns: Sequence[Column], documents: Iterator[list[SheetRow]]
) -> tuple[WorkbookSummary, int, list[SheetRow] | None]:
    """Write as many documents (each its rows) as one part takes: 50,000 rows and 9.5 MB.

    Return what was written, of how many documents, and the one that did not fit, if any.
    """
    count = 0
    with WorkbookWriter(target, sheet_name=title, columns=columns) as writer:
        document = next(documents, None)
        while document is not None and writer.add_if_it_fits(document):
            count += 1
            document = next(documents, None)
        return writer.finish(), count, document


def write_parts(
    open_part: Callable[[str], AbstractContextManager[BinaryIO]],
    *,
    title: str,
    columns: Sequence[Column],
    documents: Iterable[Iterable[SheetRow]],
) -> list[PartSummary]:
    """Write the documents (each as its rows) in parts of at most 50,000 rows and 9.5 MB.

    No document is split. `open_part` is called with the name of each part. There is always one
    part, even if it has only its header.
    """
    summaries: list[PartSummary] = []
    remaining: Iterator[list[SheetRow]] = map(list, documents)
    left_over: list[SheetRow] | None = None
    while left_over is not None or not summaries:
        name = part_name(title, len(summaries) + 1)
        if left_over is not None:
            remaining = chain([left_over], remaining)
        with open_part(name) as target:
            workbook, count, left_over = write_part(
                target, title=title, columns=columns, documents=remaining
            )
        summaries.append(PartSummary(name=name, documents=count, workbook=workbook))
    return summaries


def content_sha256(file: BinaryIO) -> str:
    """Return the SHA-256 over names and uncompressed bytes of a workbook's parts, in order.

    It is the same with every build of zlib, so rebuilds are compared by it.
    """
    content = hashlib.sha256()
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            content.update(name.encode() + b"\0")
            with archive.open(name) as part:
                while chunk := part.read(1 << 20):
                    content.update(chunk)
            content.update(b"\0")
    return content.hexdigest()


def _sheet_start(columns: Sequence[Column]) -> str:
    """Return everything before the first row: frozen header and widths; no dimension, which would
    be a guess."""
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{column.width or _WIDTHS[column.kind]}"'
        ' customWidth="1"/>'
        for number, column in enumerate(columns, start=1)
    )
    return (
        f'{DECLARATION}<worksheet xmlns="{_NAMESPACE}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols>'
        "<sheetData>"
    )
