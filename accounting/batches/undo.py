"""Undoing a batch: its items are released; nothing in QuickBooks changes (domain.md §8).

An undo is a flag: the items stop being live, and the items that they superseded are the newest
again. A live batch can be undone if no later live batch depends on it, or together with those.
"""

from collections import defaultdict
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounting.batches.dependencies import Dependency, find_dependencies
from accounting.follow_ups.documents import supersede_for_undone
from accounting.models import Batch, BatchItem, RefundUse
from accounting.signals import batch_undone
from sera_batching import audit
from sera_batching.database.locks import exclusive_books_lock
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.exceptions import Conflict, Refused
from sera_batching.origin import Origin


@retry_when_given_up
@transaction.atomic
def undo_batch(
    *,
    batch_id: int,
    reason: str,
    origin: Origin,
    with_dependents: bool = False,
    agreed_dependents: Collection[int] | None = None,
) -> tuple[Batch, ...]:
    """Undo a batch, after its dependents if asked; return the undone batches, newest first.

    `agreed_dependents` are the batches that the user was shown; if they differ now, nothing is
    undone.
    Raises Refused for the Opening batch, one that is being built, failed (release it) or undone
    already, or without a reason; Conflict, naming them, while later batches depend on it.
    """
    origin.require("accounting.undo_batch")
    return _undo(batch_id, reason, origin, with_dependents, agreed_dependents, is_release=False)


@retry_when_given_up
@transaction.atomic
def release_batch(
    *,
    batch_id: int,
    reason: str,
    origin: Origin,
    with_dependents: bool = False,
    agreed_dependents: Collection[int] | None = None,
) -> tuple[Batch, ...]:
    """Release the items of a failed batch: an undo by the same rules."""
    origin.require("accounting.release_batch")
    return _undo(batch_id, reason, origin, with_dependents, agreed_dependents, is_release=True)


def _undo(
    batch_id: int,
    reason: str,
    origin: Origin,
    with_dependents: bool,
    agreed_dependents: Collection[int] | None,
    *,
    is_release: bool,
) -> tuple[Batch, ...]:
    exclusive_books_lock()
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise Refused(f"There is no batch {batch_id}.")
    _refuse_unless_undoable(batch, is_release=is_release)
    clean_reason = reason.strip()
    if not clean_reason:
        raise Refused("Enter a reason for the undo.")
    dependencies = find_dependencies(batch)
    later_ids = {dependency.later_id for dependency in dependencies}
    dependents = list(Batch.objects.select_for_update().filter(pk__in=later_ids).order_by("-pk"))
    if dependents and not with_dependents:
        raise Conflict(_name_dependents(batch, dependencies))
    if agreed_dependents is not None and later_ids != set(agreed_dependents):
        raise Conflict(
            f"The batches that depend on batch {batch.pk} have changed since you looked. "
            "Nothing was undone. Review them and try again."
        )
    for dependent in dependents:
        _refuse_unless_finished(dependent, batch)
    undone = [*dependents, batch]
    for each in undone:
        _set_free(each, clean_reason, origin, because_of=batch)
    return tuple(undone)


def why_never_undone(batch: Batch) -> str:
    """Say why no undo of the batch will ever be possible; empty if it may be."""
    if batch.is_opening:
        return "The Opening batch stands for what was already in the books. It can't be undone."
    if not batch.is_live:
        return f"Batch {batch.pk} has already been undone. Nothing was changed."
    return ""


def _refuse_unless_undoable(batch: Batch, *, is_release: bool) -> None:
    if why_never := why_never_undone(batch):
        raise Refused(why_never)
    if batch.status in (Batch.Status.QUEUED, Batch.Status.BUILDING):
        raise Refused(f"Batch {batch.pk} is being built; wait until it is ready, then undo it.")
    if is_release and batch.status != Batch.Status.FAILED:
        raise Refused(f"Batch {batch.pk} has not failed; undo it instead.")
    if not is_release and batch.status == Batch.Status.FAILED:
        raise Refused(f"Batch {batch.pk} has failed; retry it, or release its items.")


def _refuse_unless_finished(dependent: Batch, batch: Batch) -> None:
    if dependent.status in (Batch.Status.QUEUED, Batch.Status.BUILDING):
        raise Refused(
            f"Batch {dependent.pk}, which depends on batch {batch.pk}, is being built; "
            "wait until it is ready."
        )


def _name_dependents(batch: Batch, dependencies: tuple[Dependency, ...]) -> str:
    reasons: dict[int, list[str]] = defaultdict(list)
    for dependency in dependencies:
        reasons[dependency.later_id].append(dependency.why)
    named = "; ".join(
        f"batch {later} {' and '.join(dict.fromkeys(why))}" for later, why in reasons.items()
    )
    return (
        f"Batch {batch.pk} cannot be undone alone: {named}. Undo it together with them, "
        "newest first, or leave it as it is."
    )


def _set_free(batch: Batch, reason: str, origin: Origin, *, because_of: Batch) -> None:
    """Take the items of one batch out of the books; a handful of statements."""
    before = batch.status
    items = BatchItem.objects.filter(batch=batch)
    items.update(is_live=False, is_newest=False)
    RefundUse.objects.filter(item__batch=batch).update(is_live=False)
    superseded = items.filter(previous__isnull=False).values("previous_id")
    BatchItem.objects.live().filter(pk__in=superseded).update(is_newest=True)
    batch.status = Batch.Status.UNDONE
    batch.undone_at = timezone.now()
    batch.undone_by = origin.user
    batch.undo_reason = reason
    batch.is_released = before == Batch.Status.FAILED
    batch.save(update_fields=["status", "undone_at", "undone_by", "undo_reason", "is_released"])
    supersede_for_undone(batch, origin)
    audit.record(
        origin=origin,
        action="batch.released" if batch.is_released else "batch.undone",
        target=batch,
        before={"status": before},
        after={
            "status": batch.status,
            "documents": batch.document_count,
            "with": because_of.pk if because_of.pk != batch.pk else None,
        },
        note=reason,
    )
    batch_undone.send(sender=Batch, batch=batch, origin=origin)
