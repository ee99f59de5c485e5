"""Writing the zip of a batch: a pure function of its items, the same bytes every time."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.db.models import Sum

from accounting.models import Batch, BatchItem
from accounting.records.documents import BatchSettings
from accounting.workbooks.archive import write_archive
from accounting.workbooks.layouts import (
    FILES,
    WARNINGS,
    ExportFile,
    SheetRow,
    layout,
    part_name,
    saasant_settings,
)
from accounting.workbooks.workbook import WorkbookSummary, write_parts
from accounting.zips import storage
from accounting.zips.helpers import PartBuilders
from accounting.zips.parts import plan_parts
from accounting.zips.rows import document_rows


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One workbook in the finished zip."""

    number: int
    part: int
    name: str
    document_count: int
    row_count: int
    total_cents: int
    size: int
    sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class BuiltZip:
    """A finished zip: its facts, and the content hash that is the same on every machine."""

    size: int
    sha256: str
    content_sha256: str
    files: tuple[BuiltFile, ...]


def write_zip(
    batch: Batch,
    target: BinaryIO,
    *,
    on_file: Callable[[int], None] = lambda number: None,
    on_document: Callable[[int], None] = lambda number: None,
    processes: int | None = None,
) -> BuiltZip:
    """Write the seven files and the settings card of a batch: a pure function of its items.

    The parts of a large batch are shared among `processes`, including this one (by default
    settings.EXPORT_PROCESSES); the bytes do not depend on it.
    """
    settings = BatchSettings.from_json(batch.company_settings)
    built: list[BuiltFile] = []
    with contextlib.ExitStack() as stack:
        builders = stack.enter_context(PartBuilders(batch, processes=processes))
        for file in FILES:
            builders.offer(plan_parts(batch, file.number))
        builders.start_helpers()
        workbooks: list[BinaryIO] = []
        for file in FILES:
            on_file(file.number)
            for each, workbook in _write_file(batch, file, settings, builders, on_document, stack):
                built.append(each)
                workbooks.append(workbook)
        for workbook in workbooks:
            workbook.seek(0)
        members = zip((each.name for each in built), workbooks, strict=True)
        archive = write_archive(target, members=members, card=saasant_settings(settings.profile))
    return BuiltZip(archive.size, archive.sha256, _content_sha256(built), tuple(built))


def _write_file(
    batch: Batch,
    file: ExportFile,
    settings: BatchSettings,
    builders: PartBuilders,
    on_document: Callable[[int], None],
    stack: contextlib.ExitStack,
) -> Iterator[tuple[BuiltFile, BinaryIO]]:
    """Yield the parts of a file with their workbooks, planned or not."""
    first = number = 1
    while part := builders.next_part(file.number, first):
        written, workbook = builders.build(part, lambda: on_document(file.number))
        yield _built(batch, file, number, first, written.documents, written.workbook), workbook
        number += 1
        first += written.documents
    if number == 1:
        yield from _write_small_file(batch, file, settings, on_document, stack)


def _write_small_file(
    batch: Batch,
    file: ExportFile,
    settings: BatchSettings,
    on_document: Callable[[int], None],
    stack: contextlib.ExitStack,
) -> Iterator[tuple[BuiltFile, BinaryIO]]:
    """Yield the parts of an unplanned file: an empty or short one, or the warnings."""
    workbooks: dict[str, BinaryIO] = {}

    @contextlib.contextmanager
    def open_part(name: str) -> Iterator[BinaryIO]:
        _, workbooks[name] = stack.enter_context(storage.temporary_file())
        yield workbooks[name]

    def documents() -> Iterator[list[SheetRow]]:
        for rows in document_rows(batch, file.number, settings):
            on_document(file.number)
            yield rows

    parts = write_parts(
        open_part,
        title=file.title,
        columns=layout(file.number, settings.profile, settings.layout_version),
        documents=documents(),
    )
    first = 1
    for number, part in enumerate(parts, start=1):
        built = _built(batch, file, number, first, part.documents, part.workbook)
        yield built, workbooks[part.name]
        first += part.documents


def _built(
    batch: Batch,
    file: ExportFile,
    number: int,
    first: int,
    documents: int,
    workbook: WorkbookSummary,
) -> BuiltFile:
    return BuiltFile(
        number=file.number,
        part=number,
        name=part_name(file.title, number),
        document_count=documents,
        row_count=workbook.rows,
        total_cents=_total_of(batch, file, first, first + documents - 1),
        size=workbook.size,
        sha256=workbook.sha256,
        content_sha256=workbook.content_sha256,
    )


def _total_of(batch: Batch, file: ExportFile, first: int, last: int) -> int:
    if file.number == WARNINGS:
        return 0
    items = BatchItem.objects.filter(
        batch=batch, kind=file.kind, position__gte=first, position__lte=last
    )
    return items.aggregate(total=Sum("amount_cents"))["total"] or 0


def _content_sha256(files: list[BuiltFile]) -> str:
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.name}\0{file.content_sha256}\n".encode())
    return content.hexdigest()
