"""Building the zip of a batch: lease, write, store, finish (architecture.md, "Jobs").

The batch row is the truth. Whoever builds holds its lease. Nothing is built inside a database
transaction.
"""

import errno
import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, transaction
from django.dispatch import Signal
from django.utils import timezone

from accounting.models import Batch, BatchFile
from accounting.signals import batch_failed, batch_ready
from accounting.zips import storage
from accounting.zips.progress import STORING
from accounting.zips.queue import enqueue_build
from accounting.zips.write import BuiltZip, write_zip
from sera_batching import audit, leases
from sera_batching.database.locks import exclusive_books_lock
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.exceptions import Refused
from sera_batching.leases import Lease, LeaseLost, Terms, give_up_if_exhausted
from sera_batching.origin import Origin
from sera_batching.roles import ensure_operations_user

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=120)
MOST_TRIES: Final = 3


def report(lease: Lease[Batch], progress: int) -> None:
    """Say which file is being written, and renew; LeaseLost when another has taken over."""
    lease.renew(progress=progress)


def report_if_due(lease: Lease[Batch], progress: int) -> None:
    """Report now and then; called for each document."""
    lease.renew_if_due(progress=progress)


def build_batch(*, batch_id: int) -> bool:
    """Build the zip of a queued batch; tell whether this call finished it.

    False when another builder holds the lease, or the batch does not want building, or failed: then
    it says why on itself. A lost database connection is raised: the lease runs out, the sweeper
    sends the batch again.
    """
    lease = take_lease(batch_id)
    if lease is None:
        return False
    try:
        with storage.temporary_file() as (path, file):
            built = write_zip(
                lease.row,
                file,
                on_file=partial(report, lease),
                on_document=partial(report_if_due, lease),
            )
            report(lease, STORING)
            key = storage.key_for(batch_id, built.sha256)
            storage.keep(path, file, key)
        finish(lease, built, key)
    except LeaseLost:
        logger.warning("Batch %s: attempt %s was overtaken.", batch_id, lease.attempt)
        return False
    except OperationalError:
        raise
    except (SoftTimeLimitExceeded, Exception) as error:
        logger.exception("Batch %s: attempt %s failed.", batch_id, lease.attempt)
        fail(lease, explain(error))
        return False
    return True


def take_lease(batch_id: int) -> Lease[Batch] | None:
    """Take the lease of a batch that is queued, or whose builder is gone; None when there is none.

    At the third death it fails instead (reliability.md F2).
    """
    return leases.take_lease(
        Batch.objects.unfinished().filter(pk=batch_id),
        _TERMS,
        status=Batch.Status.BUILDING,
        progress=0,
        failure="",
    )


def fail_exhausted(*, batch_id: int) -> bool:
    """Fail a batch whose build has died for the third time; tell whether it was (F2)."""
    return give_up_if_exhausted(Batch.objects.unfinished().filter(pk=batch_id), _TERMS)


def _give_up(batch: Batch) -> None:
    batch.status = Batch.Status.FAILED
    batch.failure = (
        f"The build process died {MOST_TRIES} times without reporting an error. The server "
        "may have run out of memory."
    )
    batch.lease_until = None
    batch.save(update_fields=["status", "failure", "lease_until"])
    _record("batch.failed", batch, note=batch.failure)
    _send_batch_signal(batch_failed, batch.pk)


_TERMS: Final = Terms[Batch](lasts=lambda _: LEASE, most_tries=MOST_TRIES, give_up=_give_up)


@transaction.atomic
def finish(lease: Lease[Batch], built: BuiltZip, key: str) -> None:
    """Make the batch ready with its files; LeaseLost when another builder has taken over."""
    lease.end(
        status=Batch.Status.READY,
        ready_at=timezone.now(),
        storage_key=key,
        sha256=built.sha256,
        content_sha256=built.content_sha256,
        size=built.size,
    )
    BatchFile.objects.bulk_create(
        BatchFile(
            batch=lease.row,
            number=file.number,
            part=file.part,
            name=file.name,
            document_count=file.document_count,
            row_count=file.row_count,
            total_cents=file.total_cents,
            size=file.size,
            sha256=file.sha256,
            content_sha256=file.content_sha256,
        )
        for file in built.files
    )
    _record("batch.ready", lease.row, after={"sha256": built.sha256, "attempt": lease.attempt})
    _send_batch_signal(batch_ready, lease.row.pk)


@transaction.atomic
def fail(lease: Lease[Batch], failure: str) -> None:
    """Say on the batch why it was not built; its items stay claimed. Nothing if overtaken."""
    with suppress(LeaseLost):
        lease.end(status=Batch.Status.FAILED, failure=failure)
        _record("batch.failed", lease.row, note=failure)
        _send_batch_signal(batch_failed, lease.row.pk)


def explain(error: BaseException) -> str:
    """Say in plain words why a build failed."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Storage is full. Free up space on the disk that holds the batch files, then retry."
    if isinstance(error, SoftTimeLimitExceeded):
        return "The build took longer than allowed. Retry when the server is less busy."
    if isinstance(error, OSError):
        return f"The file could not be stored: {error.strerror or error}."
    return f"Unexpected error: {error}"


def _record(
    action: str, batch: Batch, *, after: dict[str, object] | None = None, note: str = ""
) -> None:
    audit.record(origin=_origin(), action=action, target=batch, after=after, note=note)


def _send_batch_signal(signal: Signal, batch_id: int) -> None:
    """Tell the apps above of the batch as it now is, in the same transaction."""
    signal.send(sender=Batch, batch=Batch.objects.get(pk=batch_id), origin=_origin())


def _origin() -> Origin:
    return Origin(user=ensure_operations_user(), channel="task")


@retry_when_given_up
@transaction.atomic
def retry_batch(*, batch_id: int, origin: Origin) -> Batch:
    """Queue a failed batch again; Refused unless it failed."""
    origin.require("accounting.retry_batch")
    exclusive_books_lock()
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.status != Batch.Status.FAILED:
        raise Refused(
            f"Batch {batch.pk} is {batch.get_status_display().lower()}; "
            "only a failed batch can be built again."
        )
    before = {"status": batch.status, "failure": batch.failure, "tries": batch.tries}
    batch.status = Batch.Status.QUEUED
    batch.failure = ""
    batch.tries = 0
    batch.queued_at = timezone.now()
    batch.save(update_fields=["status", "failure", "tries", "queued_at"])
    audit.record(origin=origin, action="batch.retried", target=batch, before=before)
    transaction.on_commit(lambda: enqueue_build(batch.pk), robust=True)
    return batch
