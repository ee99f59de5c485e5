"""Stored zips: downloading, checking, restoring, and ticking files as loaded."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from accounting.models import Batch, BatchDownload, BatchFile, BatchItem, ItemWarning
from accounting.records import reading
from accounting.records.documents import BatchSettings
from accounting.workbooks import warnings
from accounting.workbooks.layouts import FILES, WARNINGS, Column, SheetRow, layout
from accounting.zips import storage
from accounting.zips.rows import document_rows, warning_records
from accounting.zips.write import BuiltZip, write_zip
from sera_batching import audit
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.exceptions import DomainError, Refused
from sera_batching.origin import Origin

_CHUNK = 1 << 20


class FileDamaged(DomainError):
    """The stored zip is missing or damaged; it can be rebuilt from its items."""


@dataclass(frozen=True, slots=True)
class FileRows:
    """Some documents' rows of a file, as they are in it."""

    columns: tuple[Column, ...]
    rows: list[SheetRow]
    document_count: int
    """Number of documents in the whole file (for Warnings, of rows), for paging."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A batch built again and compared with what was recorded."""

    built: BuiltZip
    has_same_bytes: bool
    has_same_content: bool
    """Equal except for how this machine's deflate library compresses (workbooks.md)."""


def open_zip(*, batch: Batch, origin: Origin) -> BinaryIO:
    """Open a batch's zip after its checksum; audit and count the download.

    Raises NotAllowed, Refused when there is no zip (yet), and FileDamaged.
    """
    origin.require("accounting.download_batch")
    file = open_checked(batch)
    with transaction.atomic():
        BatchDownload.objects.create(batch=batch, user=origin.user)
        audit.record(
            origin=origin, action="batch.downloaded", target=batch, after={"sha256": batch.sha256}
        )
    return file


def open_checked(batch: Batch) -> BinaryIO:
    """Open a batch's zip if it is what was recorded; raises Refused or FileDamaged."""
    _require_zip(batch)
    try:
        file = storage.open_key(batch.storage_key)
    except FileNotFoundError:
        raise FileDamaged(
            f"The zip of batch {batch.pk} is missing from storage. Rebuild it: all of its "
            "items are still there."
        ) from None
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    if found.hexdigest() != batch.sha256:
        file.close()
        raise FileDamaged(
            f"The zip of batch {batch.pk} fails its checksum: it was altered after it was "
            "built. Rebuild it: all of its items are still there."
        )
    file.seek(0)
    return file


def _require_zip(batch: Batch) -> None:
    if batch.is_opening:
        raise Refused("The Opening batch has no zip: it stands for what was already in the books.")
    if not batch.has_zip:
        raise Refused(f"Batch {batch.pk} has no zip: it is {batch.get_status_display().lower()}.")


def is_stored_as_recorded(batch: Batch) -> bool:
    """Return whether the stored zip exists and passes its checksum."""
    try:
        open_checked(batch).close()
    except FileDamaged:
        return False
    return True


def compare_zip(batch: Batch) -> Comparison:
    """Build a batch again from its frozen items and compare; changes nothing.

    Raises Refused when the batch has no zip to compare with.
    """
    _require_zip(batch)
    with storage.temporary_file() as (_, file):
        built = write_zip(batch, file)
    return _compare(batch, built)


def rebuild_zip(*, batch: Batch, origin: Origin) -> Comparison:
    """Replace a missing or damaged zip by one rebuilt from the frozen items.

    Raises Refused when the batch never had one, FileDamaged when the content now differs.
    """
    origin.require("accounting.retry_batch")
    _require_zip(batch)
    with storage.temporary_file() as (path, file):
        built = write_zip(batch, file)
        comparison = _compare(batch, built)
        if not comparison.has_same_content:
            raise FileDamaged(
                f"Rebuilding batch {batch.pk} gave different content than was recorded. "
                "Nothing was replaced. Run check_books."
            )
        key = storage.key_for(batch.pk, built.sha256)
        storage.keep(path, file, key)
    with transaction.atomic():
        before = {"sha256": batch.sha256}
        Batch.objects.filter(pk=batch.pk).update(storage_key=key, sha256=built.sha256)
        for part in built.files:
            BatchFile.objects.filter(batch=batch, number=part.number, part=part.part).update(
                sha256=part.sha256, size=part.size
            )
        audit.record(
            origin=origin,
            action="batch.rebuilt",
            target=batch,
            before=before,
            after={"sha256": built.sha256},
        )
    batch.refresh_from_db()
    return comparison


def _compare(batch: Batch, built: BuiltZip) -> Comparison:
    return Comparison(
        built,
        has_same_bytes=built.sha256 == batch.sha256,
        has_same_content=built.content_sha256 == batch.content_sha256,
    )


def file_rows(batch: Batch, number: int, *, offset: int = 0, limit: int = 100) -> FileRows:
    """Return the exact rows of some documents of a file, from the frozen items."""
    settings = BatchSettings.from_json(batch.company_settings)
    columns = layout(number, settings.profile, settings.layout_version)
    if number == WARNINGS:
        found = warning_records(batch, first=offset, count=limit)
        return FileRows(
            columns,
            [row for _, record in found for row in warnings.rows(record, settings)],
            ItemWarning.objects.filter(item__batch=batch).count(),
        )
    span = reading.Span(offset + 1, offset + limit)
    return FileRows(
        columns,
        [row for rows in document_rows(batch, number, settings, span) for row in rows],
        BatchItem.objects.filter(batch=batch, kind=FILES[number - 1].kind).count(),
    )


@retry_when_given_up
@transaction.atomic
def mark_loaded(*, file: BatchFile, is_loaded: bool, origin: Origin) -> BatchFile:
    """Tick or untick a file as loaded into QuickBooks; repeating it changes nothing."""
    origin.require("accounting.mark_loaded")
    file = BatchFile.objects.select_for_update().select_related("batch").get(pk=file.pk)
    if (file.loaded_at is not None) == is_loaded:
        return file
    file.loaded_at = timezone.now() if is_loaded else None
    file.loaded_by = origin.user if is_loaded else None
    file.save(update_fields=["loaded_at", "loaded_by"])
    audit.record(
        origin=origin,
        action="batch.file_loaded" if is_loaded else "batch.file_not_loaded",
        target=file.batch,
        after={"file": file.name},
    )
    return file
