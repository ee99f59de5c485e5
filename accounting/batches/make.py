"""Making a batch without a window: draft, confirm, build or wait (operations.md, Commands)."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.batches.preview import DraftPreview, preview_draft
from accounting.models import Batch, Draft
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.build import build_batch
from sera_batching.exceptions import DomainError, ServiceDown
from sera_batching.origin import Origin

LOOK_AGAIN_SECONDS: Final = 0.25
_NUMBERS_AT_ONCE: Final = 1_000
_NOT_THERE: Final = "It isn't unbatched in this form, or the filters exclude it."

LeftOut = list[dict[str, str]]
"""What was selected but left out: kind, number, reason."""


@dataclass(frozen=True, slots=True)
class MadeBatch:
    """A batch just claimed, and what was selected but left out."""

    batch: Batch
    left_out: LeftOut


def preview_batch(
    *, origin: Origin, choice: NamedDocuments, filters: Filters
) -> tuple[str, DraftPreview]:
    """Return the suggested name and a preview of the batch; nothing is stored.

    Raises Refused when there is nothing to batch.
    """
    draft = make_draft(origin=origin, choice=choice, filters=filters)
    try:
        left_out = (*draft.left_out, *_not_there(draft, choice))
        preview = replace(preview_draft(draft), left_out=left_out)
    finally:
        _discard(draft)
    return draft.suggested_name, preview


def make_batch(
    *, origin: Origin, choice: NamedDocuments, filters: Filters, name: str = "", is_built_here: bool
) -> MadeBatch:
    """Claim all selected documents that match into a batch, by default with the suggested name.

    With `is_built_here` it is built before this returns, without a worker. Raises Refused for a bad
    name or when there is nothing to batch, and Conflict when somebody else is claiming the same
    documents.
    """
    draft = make_draft(origin=origin, choice=choice, filters=filters)
    left_out = [*draft.left_out, *_not_there(draft, choice)]
    try:
        confirmation = confirm_draft(
            draft_id=draft.pk,
            name=name or draft.suggested_name,
            origin=origin,
            leaves_out_moved=True,
            is_built_here=is_built_here,
        )
    except DomainError:
        _discard(draft)
        raise
    batch = confirmation.batch
    if is_built_here:
        build_batch(batch_id=batch.pk)
        batch.refresh_from_db()
    return MadeBatch(batch, left_out + confirmation.left_out)


def wait_for_batch(*, batch_id: int, timeout_seconds: float) -> Batch:
    """Wait until the batch is ready, failed or undone, and return it.

    Raises ServiceDown when that takes longer than `timeout_seconds`; the batch stays queued.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        batch = Batch.objects.get(pk=batch_id)
        if batch.status not in (Batch.Status.QUEUED, Batch.Status.BUILDING):
            return batch
        if time.monotonic() >= deadline:
            raise ServiceDown(
                f"Batch {batch_id} is still {batch.get_status_display().lower()} after "
                f"{timeout_seconds:g} seconds. It will be built as soon as a worker is free; "
                "make sure that one is running."
            )
        time.sleep(LOOK_AGAIN_SECONDS)


def _discard(draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).delete()


def _not_there(draft: Draft, choice: NamedDocuments) -> Iterator[dict[str, str]]:
    """Name requested documents that are neither in the draft nor already left out."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for kind, number in choice.include:
        numbers[kind].append(number)
    present = {(one["kind"], one["number"]) for one in draft.left_out} | set(choice.exclude)
    for kind, some in numbers.items():
        for chunk in _chunks(some):
            items = draft.items.filter(kind=kind, number__in=chunk)
            present.update((kind, number) for number in items.values_list("number", flat=True))
    for kind, number in dict.fromkeys(choice.include):
        if (kind, number) not in present:
            yield {"kind": kind, "number": number, "reason": _NOT_THERE}


def _chunks(numbers: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        yield numbers[start : start + _NUMBERS_AT_ONCE]
