"""The cleanup that beat runs every minute: recover lost builds, delete leftovers."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounting.models import Batch, Draft
from accounting.unbatched.rows import settled_payments
from accounting.zips import storage
from accounting.zips.build import fail_exhausted
from accounting.zips.queue import enqueue_build
from sera_batching.database.locks import shared_books_lock
from sera_batching.sent_forms import forget_sent_forms

logger = logging.getLogger(__name__)

DRAFTS_LAST: Final = timedelta(hours=1)
MESSAGE_IS_LOST_AFTER: Final = timedelta(seconds=45)
ORPHANS_LAST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The counts of a sweep."""

    queued_again: tuple[int, ...]
    not_queued: tuple[int, ...]
    """Lost builds that could not be queued because the queue is down."""
    failed: tuple[int, ...]
    """Batches whose builds were lost too often."""
    drafts_dropped: int
    files_dropped: int


def sweep() -> Sweep:
    """Requeue lost builds, fail exhausted ones, and delete stale drafts and orphaned files.

    Safe to run concurrently: an extra message finds a lease and stops.
    """
    now = timezone.now()
    lost = [
        batch.pk
        for batch in Batch.objects.unfinished().order_by("pk")
        if batch.has_free_lease()
        and (batch.status == Batch.Status.BUILDING or batch.queued_at < now - MESSAGE_IS_LOST_AFTER)
    ]
    failed = tuple(pk for pk in lost if fail_exhausted(batch_id=pk))
    hopeful = [pk for pk in lost if pk not in failed]
    queued_again = tuple(pk for pk in hopeful if enqueue_build(pk))
    _, dropped = Draft.objects.filter(created_at__lt=now - DRAFTS_LAST).delete()
    forget_sent_forms()
    prune_settled_payments()
    files = _drop_orphans()
    return Sweep(
        queued_again=queued_again,
        not_queued=tuple(pk for pk in hopeful if pk not in queued_again),
        failed=failed,
        drafts_dropped=dropped.get("accounting.Draft", 0),
        files_dropped=files,
    )


def _drop_orphans() -> int:
    """Delete files that dead or replaced builders left."""
    count = 0
    for key in storage.keys_older_than(ORPHANS_LAST.total_seconds()):
        if not Batch.objects.filter(storage_key=key).exists():
            logger.info("Deleting %s, which no batch has.", key)
            storage.delete(key)
            count += 1
    return count


@transaction.atomic
def prune_settled_payments() -> int:
    """Delete settled payments from the candidates; return how many.

    No batch can be made at the same time. A payment that changes meanwhile gets a new row, which
    this does not touch.
    """
    shared_books_lock()
    count, _ = settled_payments().delete()
    return count
