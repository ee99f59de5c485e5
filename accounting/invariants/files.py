"""Invariants of the batches and their files: what was built is there, and is what was claimed."""

import hashlib
import shutil
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any, Final

from django.db.models import Count, Max, Min, Q, Sum

from accounting.invariants.breaches import CHUNK, Breach, row_of
from accounting.models import OPENING_BATCH_ID, Batch, BatchFile, BatchItem
from accounting.workbooks.layouts import CARD_NAME
from accounting.workbooks.package import SHEET
from accounting.zips import storage
from accounting.zips.contents import count_contents
from accounting.zips.downloads import FileDamaged, open_checked

_CHUNK_BYTES: Final = 1 << 20
_ROW: Final = b"<row "
_HEADER_ROWS: Final = 1


def _with_zip() -> Iterator[Batch]:
    """Yield the batches that have a zip: undone ones keep theirs."""
    yield from Batch.objects.exclude(storage_key="").order_by("pk").iterator(chunk_size=CHUNK)


def ready_batches_have_a_zip() -> Iterator[Breach]:
    """A ready batch, save the Opening batch, has a zip, a checksum and its seven files."""
    ready = Batch.objects.filter(status=Batch.Status.READY).exclude(pk=OPENING_BATCH_ID)
    counted = ready.annotate(file_count=Count("files__number", distinct=True))
    wrong = counted.filter(Q(storage_key="") | Q(sha256="") | ~Q(file_count=7))
    found: Iterator[Any] = wrong.order_by("pk").iterator(chunk_size=CHUNK)
    for batch in found:
        yield Breach(
            f"{batch} is ready without a zip of seven files.",
            (
                row_of(
                    Batch,
                    batch.pk,
                    storage_key=batch.storage_key,
                    sha256=batch.sha256,
                    files=batch.file_count,
                ),
            ),
        )


def zips_are_what_was_built() -> Iterator[Breach]:
    """Each zip is stored, passes its checksum, and holds exactly the files on record."""
    for batch in _with_zip():
        row = row_of(Batch, batch.pk, path=str(storage.path_of(batch.storage_key)))
        try:
            with open_checked(batch) as file, zipfile.ZipFile(file) as archive:
                yield from _wrong_members(batch, archive)
        except (FileDamaged, OSError, zipfile.BadZipFile) as error:
            yield Breach(str(error), (row,))


def _wrong_members(batch: Batch, archive: zipfile.ZipFile) -> Iterator[Breach]:
    recorded = {file.name: file for file in batch.files.all()}
    present = set(archive.namelist()) - {CARD_NAME}
    if present != set(recorded):
        yield Breach(
            f"The zip of batch {batch.pk} has other files than are on record.",
            (
                row_of(
                    Batch,
                    batch.pk,
                    only_in_zip=sorted(present - set(recorded)),
                    only_on_record=sorted(set(recorded) - present),
                ),
            ),
        )
    for name in sorted(present & set(recorded)):
        file = recorded[name]
        with archive.open(name) as member, tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(member, copy)
            found = {"sha256": _sha256(copy), "size": copy.tell(), "row_count": _count_rows(copy)}
        on_record = {
            "sha256": file.sha256,
            "size": file.size,
            "row_count": file.row_count,
        }
        if found != on_record:
            yield Breach(
                f"“{name}” in the zip of batch {batch.pk} is not what is on record.",
                (
                    row_of(BatchFile, file.pk, **on_record),
                    {"file": name, **found},
                ),
            )


def _sha256(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        found.update(chunk)
    return found.hexdigest()


def _count_rows(file: IO[bytes]) -> int:
    """Return the rows below the header; text in cells is escaped, so a tag is a tag."""
    count = 0
    end = b""
    with zipfile.ZipFile(file) as workbook, workbook.open(SHEET) as sheet:
        while chunk := sheet.read(_CHUNK_BYTES):
            text = end + chunk
            count += text.count(_ROW)
            end = text[-len(_ROW) + 1 :]
    return count - _HEADER_ROWS


def files_hold_what_was_claimed() -> Iterator[Breach]:
    """Documents, rows and totals of each file on record are those of the batch's items."""
    for batch in _with_zip():
        recorded: dict[int, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        for file in batch.files.all():
            documents, rows, cents = recorded[file.number]
            recorded[file.number] = (
                documents + file.document_count,
                rows + file.row_count,
                cents + file.total_cents,
            )
        for content in count_contents(batch):
            claimed = (content.document_count, content.row_count, content.total_cents)
            if recorded[content.number] != claimed:
                yield Breach(
                    f"File {content.title} of batch {batch.pk} does not hold what was claimed.",
                    (
                        row_of(BatchFile, None, **_counts(recorded[content.number])),
                        row_of(BatchItem, None, **_counts(claimed)),
                    ),
                )


def _counts(values: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("documents", "rows", "total_cents"), values, strict=True))


def batches_count_their_items() -> Iterator[Breach]:
    """The number of documents and the total of a batch are those of its items."""
    for batch in Batch.objects.order_by("pk").iterator(chunk_size=CHUNK):
        found = batch.items.aggregate(count=Count("pk"), cents=Sum("amount_cents"))
        counts = (found["count"], found["cents"] or 0)
        if counts != (batch.document_count, batch.total_cents) or not counts[0]:
            yield Breach(
                f"{batch} does not count its items.",
                (
                    row_of(
                        Batch,
                        batch.pk,
                        document_count=batch.document_count,
                        total_cents=batch.total_cents,
                        item_count=counts[0],
                        item_cents=counts[1],
                    ),
                ),
            )


def items_have_their_places() -> Iterator[Breach]:
    """The items of a file are numbered from 1 without a gap; the Opening batch has no files."""
    places = (
        BatchItem.objects.exclude(batch=OPENING_BATCH_ID)
        .order_by()
        .values("batch_id", "kind")
        .annotate(
            count=Count("pk"),
            places=Count("position", distinct=True),
            first=Min("position"),
            last=Max("position"),
        )
    )
    for found in places.order_by("batch_id", "kind").iterator(chunk_size=CHUNK):
        if not found["places"] == found["last"] == found["count"] or found["first"] != 1:
            yield Breach(
                f"The {found['kind']} items of batch {found['batch_id']} have no clear order.",
                (row_of(BatchItem, None, **found),),
            )
