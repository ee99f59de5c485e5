"""Which documents go into which part of a file, and writing a single part.

A part is a pure function of its file and the position of its first document, so several processes
can write parts in parallel with the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from django.db.models import Count

from accounting.models import Batch, BatchItem
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.records.documents import BatchSettings
from accounting.records.reading import CHUNK, Span
from accounting.workbooks.layouts import FILES, SheetRow, layout
from accounting.workbooks.workbook import PART_ROWS, WorkbookSummary, write_part
from accounting.zips.rows import document_rows

_ROWS: Final[Mapping[str | None, str]] = {
    **dict.fromkeys(INVOICE_KINDS, "invoice_revision__lines"),
    **dict.fromkeys(PAYMENT_KINDS, "payment_rows"),
}
"""What there is one row for, in the files that can be long."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: the positions of its documents, inclusive, and their number of rows.

    It may end earlier, if its text exceeds the size of a part.
    """

    file_number: int
    first: int
    last: int
    rows: int


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """The result of writing a part."""

    documents: int
    workbook: WorkbookSummary

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "WrittenPart":
        """Return the part that a helper wrote as JSON by `asdict`."""
        return cls(int(values["documents"]), WorkbookSummary(**values["workbook"]))


def plan_parts(batch: Batch, file_number: int, first: int = 1) -> list[Part]:
    """Return the planned parts of a file of invoices or payments from a document on, by rows.

    Empty if nothing is left, and for the other files, which are short or not divided.
    """
    kind = FILES[file_number - 1].kind
    counted = _ROWS.get(kind)
    if counted is None:
        return []
    items = BatchItem.objects.filter(batch=batch, kind=kind, position__gte=first).order_by()
    total = items.aggregate(documents=Count("pk", distinct=True), rows=Count(counted))
    # A document without lines also has a row.
    most = total["rows"] + total["documents"]
    if not total["documents"]:
        return []
    if most <= PART_ROWS:
        return [Part(file_number, first, first + total["documents"] - 1, total["rows"])]
    sizes = items.values("position").annotate(rows=Count(counted)).order_by("position")
    return list(
        _divide(file_number, sizes.values_list("position", "rows").iterator(chunk_size=CHUNK))
    )


def _divide(file_number: int, sizes: Iterator[tuple[int, int]]) -> Iterator[Part]:
    first = last = rows = 0
    for position, counted in sizes:
        size = max(counted, 1)
        if rows and rows + size > PART_ROWS:
            yield Part(file_number, first, last, rows)
            rows = 0
        first = first if rows else position
        last = position
        rows += size
    if rows:
        yield Part(file_number, first, last, rows)


def build_part(
    batch: Batch, part: Part, target: BinaryIO, *, on_document: Callable[[], None] = lambda: None
) -> WrittenPart:
    """Write a planned part to an empty file; with fewer documents if they are too large."""
    settings = BatchSettings.from_json(batch.company_settings)

    def documents() -> Iterator[list[SheetRow]]:
        for rows in document_rows(batch, part.file_number, settings, Span(part.first, part.last)):
            on_document()
            yield rows

    workbook, count, _ = write_part(
        target,
        title=FILES[part.file_number - 1].title,
        columns=layout(part.file_number, settings.profile, settings.layout_version),
        documents=documents(),
    )
    return WrittenPart(count, workbook)
