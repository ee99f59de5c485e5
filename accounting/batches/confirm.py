"""Confirming a draft: the one place where documents are claimed into a batch (domain.md §8).

Everything happens in one transaction under the exclusive books lock, in a constant number of
statements whatever the number of documents. The partial unique constraints on the items are the
last line of defense should the lock fail.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from accounting.batches.claim import claim
from accounting.batches.draft_changes import find_changed
from accounting.batches.drafts import follow_merged_customers
from accounting.models import Batch, Draft
from accounting.zips.queue import enqueue_build
from sera_batching import audit
from sera_batching.batch_names import clean_batch_name
from sera_batching.database.locks import exclusive_books_lock
from sera_batching.database.transactions import may_have_committed, retry_when_given_up
from sera_batching.exceptions import Conflict, Refused
from sera_batching.origin import Origin


class DraftChanged(Conflict):
    """Documents changed before the draft was confirmed; they were taken out of it."""

    def __init__(self, moved: list[dict[str, str]]) -> None:
        self.moved = moved
        first = moved[0]
        super().__init__(
            f"{len(moved)} of the selected documents changed before you confirmed, such as "
            f"{first['number']}: {first['reason']} They were left out; review the batch and "
            "confirm again."
        )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The result of confirming a draft; `left_out` names what changed at the last moment."""

    batch: Batch
    left_out: list[dict[str, str]]
    is_new: bool


@retry_when_given_up
def confirm_draft(
    *,
    draft_id: UUID,
    name: str,
    origin: Origin,
    leaves_out_moved: bool = False,
    is_built_here: bool = False,
) -> Confirmation:
    """Claim the documents of a draft into a queued batch; the second time, find the same batch.

    Documents that changed, were held, refunded or batched since the draft are left out. The user
    is asked again (DraftChanged) unless `leaves_out_moved`. Raises Refused for a bad name, a draft
    that is gone, or nothing left. With `is_built_here` the caller builds the batch, and no message
    goes to the workers. After a connection that was lost at commit, the service looks up what
    became of the claim, and raises the database's error only if nothing was batched
    (reliability.md D3).
    """
    origin.require("accounting.make_batch")
    clean_name = clean_batch_name(name)
    try:
        return _confirm(draft_id, clean_name, origin, leaves_out_moved, is_built_here)
    except DraftChanged as moved:
        _take_out_of_draft(draft_id)
        raise moved
    except IntegrityError as error:
        raise Conflict(
            "Someone else has just batched some of these documents. Nothing was batched; "
            "reload Unbatched and try again."
        ) from error
    except (OperationalError, InterfaceError) as error:
        batch = _find_committed(draft_id) if may_have_committed(error) else None
        if batch is None:
            raise
        if not is_built_here:
            enqueue_build(batch.pk)
        return Confirmation(batch, [], is_new=True)


@transaction.atomic
def _find_committed(draft_id: UUID) -> Batch | None:
    """Look up the outcome of a claim whose connection was lost, possibly during its commit.

    The lock waits until the database has committed or rolled back that transaction.
    """
    exclusive_books_lock()
    return Batch.objects.filter(draft_id=draft_id).first()


@transaction.atomic
def _confirm(
    draft_id: UUID, name: str, origin: Origin, leaves_out_moved: bool, is_built_here: bool
) -> Confirmation:
    exclusive_books_lock()
    if existing := Batch.objects.filter(draft_id=draft_id).first():
        return Confirmation(existing, [], is_new=False)
    draft = _lock_draft(draft_id, origin)
    follow_merged_customers(draft)
    moved = find_changed(draft)
    if moved and not leaves_out_moved:
        raise DraftChanged([item.to_json() for item in moved])
    draft.items.filter(pk__in=[item.draft_item_id for item in moved]).delete()
    if not draft.items.exists():
        raise Refused(
            "Nothing is left to batch: every selected document has changed since you opened this "
            "window."
        )
    batch = claim(draft, name, origin)
    left_out = [item.to_json() for item in moved]
    audit.record(
        origin=origin,
        action="batch.confirmed",
        target=batch,
        after={
            "documents": batch.document_count,
            "total_cents": batch.total_cents,
            "filters": batch.filters,
            "left_out": left_out[:50],
        },
    )
    draft.delete()
    if not is_built_here:
        transaction.on_commit(lambda: enqueue_build(batch.pk), robust=True)
    return Confirmation(batch, left_out, is_new=True)


def _lock_draft(draft_id: UUID, origin: Origin) -> Draft:
    draft = Draft.objects.select_for_update().filter(pk=draft_id, user=origin.user).first()
    if draft is None:
        raise Refused(
            "This window has expired: nobody confirmed it within an hour, or it belongs to "
            "someone else. Go back to Unbatched and press Batch & Download again."
        )
    return draft


@transaction.atomic
def _take_out_of_draft(draft_id: UUID) -> None:
    """Take what changed out of the draft, so that the window shows the differences."""
    exclusive_books_lock()
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        return
    moved = find_changed(draft)
    draft.items.filter(pk__in=[item.draft_item_id for item in moved]).delete()
    draft.left_out = [*draft.left_out, *(item.to_json() for item in moved)]
    draft.save(update_fields=["left_out"])
