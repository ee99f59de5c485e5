"""A batch as JSON, as the commands print it and the API answers (operations.md, Commands).

Amounts are text, times are in UTC.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from accounting.batches.preview import DraftPreview
from accounting.batches.undo_plan import Reversal, count_freed_refunds, count_returns
from accounting.models import Batch, BatchItem, ItemWarning
from accounting.workbooks.layouts import FILE_NUMBERS, FILES
from accounting.zips import storage
from accounting.zips.contents import FileContent, count_contents
from sera_batching.money import cents_text

LeftOut = Iterable[dict[str, str]]


def batch_shape(batch: Batch, *, left_out: LeftOut = ()) -> dict[str, Any]:
    """Return a batch with the contents of its files; path and checksum are empty without a zip."""
    return {
        "batch": batch.pk,
        "status": batch.status,
        "name": batch.name,
        "sha256": batch.sha256,
        "path": str(storage.path_of(batch.storage_key)) if batch.has_zip else "",
        "files": _files_shape(_contents(batch)),
        "warnings": list(_warnings_of(batch)),
        "left_out": list(left_out),
    }


def preview_shape(name: str, preview: DraftPreview) -> dict[str, Any]:
    """Return the result of a dry run, in the shape of a batch."""
    return {
        "batch": None,
        "status": "draft",
        "name": name,
        "sha256": "",
        "path": "",
        "files": _files_shape(preview.files),
        "warnings": [
            _warning_shape(
                warning.kind,
                warning.number,
                warning.customer,
                warning.check_code,
                warning.amount_cents,
                warning.problem,
                warning.remedy,
            )
            for warning in preview.warnings
        ],
        "left_out": list(preview.left_out),
    }


def batch_line(batch: Batch, *, download_count: int) -> dict[str, Any]:
    """Return one row of Previous Batches."""
    return {
        "batch": batch.pk,
        "status": batch.status,
        "name": batch.name,
        "created_at": moment(batch.created_at),
        "created_by": batch.created_by.username,
        "documents": batch.document_count,
        "total": cents_text(batch.total_cents),
        "downloads": download_count,
        "sha256": batch.sha256,
        "size": batch.size,
        "failure": batch.failure,
        "undone_at": moment(batch.undone_at),
        "undo_reason": batch.undo_reason,
    }


def item_shape(item: BatchItem) -> dict[str, Any]:
    """Return one document of a batch, with the key and department that it went out with."""
    return {
        "kind": item.kind,
        "number": item.number,
        "date": item.date.isoformat(),
        "department": item.department_name or None,
        "customer": item.party.accounting_key,
        "amount": cents_text(item.amount_cents),
    }


def reversal_shape(reversal: Reversal) -> dict[str, Any]:
    """Return one thing that a person must reverse in QuickBooks."""
    return {
        "batch": reversal.batch_id,
        "file": FILES[reversal.file_number - 1].title,
        "number": reversal.number,
        "customer": reversal.customer,
        "date": reversal.date.isoformat(),
        "amount": cents_text(reversal.amount_cents),
        "what_to_do": reversal.what_to_do,
    }


def undone_shape(undone: Collection[Batch]) -> dict[str, Any]:
    """Return what undoing these batches, or releasing failed ones, released."""
    batches = list(undone)
    return {
        "undone": [batch.pk for batch in batches],
        "released": [batch.pk for batch in batches if batch.is_released],
        "returned": [
            {
                "kind": total.kind,
                "documents": total.document_count,
                "total": cents_text(total.total_cents),
                "newer": total.newer_count,
            }
            for total in count_returns(batches)
        ],
        "refunds_freed": count_freed_refunds(batches),
    }


def moment(at: datetime | None) -> str | None:
    """Return a moment as ISO text."""
    return at.isoformat(timespec="seconds") if at else None


def _contents(batch: Batch) -> Iterable[FileContent]:
    """The contents of the built files, over all parts; computed from the items before the build."""
    if not batch.has_zip:
        return count_contents(batch)
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for part in batch.files.all():
        for place, count in enumerate((part.document_count, part.row_count, part.total_cents)):
            sums[part.number][place] += count
    return [FileContent(file.number, file.title, *sums[file.number]) for file in FILES]


def _files_shape(contents: Iterable[FileContent]) -> dict[str, Any]:
    return {
        content.title: {
            "documents": content.document_count,
            "rows": content.row_count,
            "total": cents_text(content.total_cents),
        }
        for content in contents
    }


def _warnings_of(batch: Batch) -> Iterator[dict[str, Any]]:
    warnings = ItemWarning.objects.filter(item__batch=batch).select_related("item__party")
    ordered = sorted(
        warnings.order_by("item__position", "pk"),
        key=lambda warning: FILE_NUMBERS[warning.item.kind],
    )
    for warning in ordered:
        yield _warning_shape(
            warning.item.kind,
            warning.item.number,
            warning.item.party.accounting_key,
            warning.check_code,
            warning.amount_cents,
            warning.problem,
            warning.remedy,
        )


def _warning_shape(
    kind: str,
    number: str,
    customer: str,
    check: str,
    amount_cents: int | None,
    problem: str,
    remedy: str,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "number": number,
        "customer": customer,
        "check": check,
        "amount": None if amount_cents is None else cents_text(amount_cents),
        "problem": problem,
        "remedy": remedy,
    }
