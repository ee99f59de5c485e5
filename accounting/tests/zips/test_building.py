"""Building a batch: one lease at a time, fenced, failed after three deaths (reliability.md)."""

import errno
import io
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from accounting.batches.undo import release_batch, undo_batch
from accounting.models import Batch, BatchFile, BatchItem, ItemWarning
from accounting.tests.factories import make_batch
from accounting.tests.processes import run_python
from accounting.tests.readings import unbatched, zip_of
from accounting.tests.scenes import make_every_kind
from accounting.zips.build import (
    LEASE,
    build_batch,
    explain,
    fail,
    finish,
    report,
    report_if_due,
    retry_batch,
    take_lease,
)
from accounting.zips.write import write_zip
from invoices.services.invoices import change_invoice
from invoices.tests.factories import make_invoice, make_invoice_values, make_origin
from sera_batching.leases import Lease, LeaseLost
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

HERE = f"{socket.gethostname()}:{os.getpid()}"
DIED = (
    "The build process died 3 times without reporting an error. The server may have run out of "
    "memory."
)


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def batch(origin: Origin) -> Batch:
    """A queued batch of one invoice."""
    make_invoice("7", origin=origin)
    return make_batch(is_built=False, origin=origin)


def lease_of(batch: Batch) -> Lease[Batch]:
    lease = take_lease(batch.pk)
    assert lease is not None
    return lease


def run_out(batch: Batch) -> None:
    """Let the lease of a batch expire."""
    Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def stored(var_dir: Path) -> list[str]:
    folder = var_dir / "batches"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def actions() -> list[str]:
    events = AuditEvent.objects.filter(action__startswith="batch.").order_by("pk")
    return list(events.values_list("action", flat=True))


# Built


def test_a_queued_batch_becomes_ready_with_seven_files(
    batch: Batch, origin: Origin, var_dir: Path
) -> None:
    assert build_batch(batch_id=batch.pk) is True
    batch.refresh_from_db()
    assert (
        batch.status,
        batch.attempt,
        batch.tries,
        batch.progress,
        batch.lease_until,
        batch.lease_holder,
        batch.failure,
        batch.has_zip,
    ) == ("ready", 1, 1, 8, None, HERE, "", True)
    assert batch.ready_at is not None
    assert stored(var_dir) == [f"{batch.pk:08d}-{batch.sha256}.zip"]
    assert (len(zip_of(batch)), len(batch.sha256)) == (batch.size, 64)
    assert [(file.number, file.part, file.row_count) for file in batch.files.all()] == [
        (1, 1, 1),
        *((number, 1, 0) for number in range(2, 8)),
    ]
    event = AuditEvent.objects.get(action="batch.ready")
    assert (event.actor_name, event.channel, event.target_id, event.after) == (
        "ops",
        "task",
        str(batch.pk),
        {"sha256": batch.sha256, "attempt": 1},
    )


@pytest.mark.parametrize("status", ["ready", "failed", "undone"])
def test_what_does_not_want_building_is_not_built(batch: Batch, status: str) -> None:
    Batch.objects.filter(pk=batch.pk).update(
        status=status, sha256="x", undone_at=timezone.now(), undo_reason="x"
    )
    with unchanging():
        assert build_batch(batch_id=batch.pk) is False
        assert build_batch(batch_id=batch.pk + 1) is False


def test_five_messages_make_one_build(batch: Batch) -> None:
    assert [build_batch(batch_id=batch.pk) for _ in range(5)] == [True] + [False] * 4
    batch.refresh_from_db()
    assert (batch.attempt, BatchFile.objects.count()) == (1, 7)
    assert actions() == ["batch.confirmed", "batch.ready"]


def test_an_invoice_edited_after_the_claim_is_built_as_claimed(
    batch: Batch, origin: Origin
) -> None:
    item = BatchItem.objects.get()
    assert item.invoice is not None
    change_invoice(
        invoice=item.invoice, values=make_invoice_values(9000), reason="x", origin=origin
    )
    build_batch(batch_id=batch.pk)
    assert BatchFile.objects.get(batch=batch, number=1).total_cents == 15000
    assert unbatched() == [("invoice_update", "7", 9000)]


# The lease


def test_a_lease_is_held_for_two_minutes_and_renewed_by_progress(batch: Batch) -> None:
    before = timezone.now()
    lease = lease_of(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.attempt, batch.lease_holder) == ("building", 1, HERE)
    assert batch.lease_until is not None
    assert before + LEASE <= batch.lease_until <= timezone.now() + LEASE
    assert timedelta(seconds=120) == LEASE
    Batch.objects.filter(pk=batch.pk).update(lease_until=before)
    report(lease, 4)
    batch.refresh_from_db()
    assert batch.progress == 4
    assert batch.lease_until is not None
    assert batch.lease_until > before


def test_renewing_costs_nothing_until_it_is_due(batch: Batch) -> None:
    lease = lease_of(batch)
    with unchanging():
        report_if_due(lease, 4)
    lease.renewed_at -= 21
    report_if_due(lease, 4)
    batch.refresh_from_db()
    assert batch.progress == 4


def test_while_a_lease_holds_a_second_delivery_leaves(batch: Batch) -> None:
    lease_of(batch)
    with unchanging():
        assert build_batch(batch_id=batch.pk) is False


def test_when_the_lease_has_run_out_another_takes_over(batch: Batch) -> None:
    lease_of(batch)
    run_out(batch)
    assert build_batch(batch_id=batch.pk) is True
    batch.refresh_from_db()
    assert (batch.status, batch.attempt, batch.tries) == ("ready", 2, 2)


def hold(batch: Batch, holder: str) -> None:
    lease_of(batch)
    Batch.objects.filter(pk=batch.pk).update(lease_holder=holder)


def test_a_holder_of_this_host_that_is_dead_is_not_waited_for(batch: Batch) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    hold(batch, f"{socket.gethostname()}:{process.pid}")
    assert build_batch(batch_id=batch.pk) is True


def test_a_holder_that_is_dead_and_not_buried_is_not_waited_for(batch: Batch) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    hold(batch, f"{socket.gethostname()}:{process.pid}")
    until = time.monotonic() + 30
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
    assert build_batch(batch_id=batch.pk) is True
    process.wait()


def test_a_holder_of_this_host_that_lives_is_waited_for(batch: Batch) -> None:
    hold(batch, f"{socket.gethostname()}:{os.getppid()}")
    assert build_batch(batch_id=batch.pk) is False


@pytest.mark.parametrize("holder", ["elsewhere.example.com:1", "elsewhere.example.com", ""])
def test_a_holder_that_nobody_can_see_is_waited_for(batch: Batch, holder: str) -> None:
    hold(batch, holder)
    assert build_batch(batch_id=batch.pk) is False
    run_out(batch)
    assert build_batch(batch_id=batch.pk) is True


# Fencing


def test_a_builder_that_wakes_after_its_lease_changes_nothing(batch: Batch, var_dir: Path) -> None:
    sleeper = lease_of(batch)
    file = io.BytesIO()
    built = write_zip(batch, file)
    run_out(batch)
    other = lease_of(batch)
    assert (sleeper.attempt, other.attempt) == (1, 2)
    with unchanging():
        with pytest.raises(LeaseLost):
            report(sleeper, 5)
        with pytest.raises(LeaseLost):
            finish(sleeper, built, "key")
        fail(sleeper, "late")
    finish(other, built, "key")
    with unchanging():
        with pytest.raises(LeaseLost):
            finish(sleeper, built, "late")
        with pytest.raises(LeaseLost):
            report(other, 7)
        fail(other, "late")
    batch.refresh_from_db()
    assert (batch.status, batch.storage_key, BatchFile.objects.count()) == ("ready", "key", 7)


def test_a_retry_fences_off_the_builder_that_failed(batch: Batch, origin: Origin) -> None:
    first = lease_of(batch)
    fail(first, "x")
    retry_batch(batch_id=batch.pk, origin=origin)
    second = lease_of(batch)
    assert second.attempt == 2
    with pytest.raises(LeaseLost):
        report(first, 3)


# Deaths


def test_at_the_third_death_it_fails_and_retry_and_release_are_offered(
    batch: Batch, origin: Origin
) -> None:
    for attempt in (1, 2, 3):
        assert lease_of(batch).attempt == attempt
        run_out(batch)
    assert build_batch(batch_id=batch.pk) is False
    batch.refresh_from_db()
    assert (batch.status, batch.failure, batch.attempt, batch.tries) == ("failed", DIED, 3, 3)
    assert batch.is_live is True
    assert unbatched() == []
    assert actions() == ["batch.confirmed", "batch.failed"]
    assert AuditEvent.objects.get(action="batch.failed").note == DIED
    with unchanging():
        assert build_batch(batch_id=batch.pk) is False
    retry_batch(batch_id=batch.pk, origin=origin)
    assert build_batch(batch_id=batch.pk) is True
    batch.refresh_from_db()
    assert (batch.status, batch.attempt, batch.tries) == ("ready", 4, 1)


@pytest.mark.django_db(transaction=True)
def test_killed_while_it_writes_file_4_it_is_finished_by_another_with_the_same_bytes(
    origin: Origin, var_dir: Path
) -> None:
    make_every_kind(origin)
    batch = make_batch(is_built=False, origin=origin)
    undisturbed = write_zip(batch, io.BytesIO())
    killed = run_python(
        f"""
from accounting.zips import storage
from accounting.zips.build import report, take_lease
from accounting.zips.write import write_zip

lease = take_lease({batch.pk})

def on_file(number):
    report(lease, number)
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)

with storage.temporary_file() as (path, file):
    write_zip(lease.row, file, on_file=on_file)
"""
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    batch.refresh_from_db()
    assert (batch.status, batch.progress, batch.attempt) == ("building", 4, 1)
    assert build_batch(batch_id=batch.pk) is True
    batch.refresh_from_db()
    assert (batch.status, batch.attempt, batch.sha256) == ("ready", 2, undisturbed.sha256)
    whole = [name for name in stored(var_dir) if not name.startswith("unfinished-")]
    assert whole == [batch.storage_key]


# Failures


def test_a_build_that_fails_says_why_and_leaves_no_partial_file(
    batch: Batch, origin: Origin, var_dir: Path
) -> None:
    ItemWarning.objects.create(
        item=BatchItem.objects.get(), check_code="x", problem="\x01", remedy=""
    )
    assert build_batch(batch_id=batch.pk) is False
    batch.refresh_from_db()
    assert (batch.status, batch.progress, batch.lease_until, batch.has_zip) == (
        "failed",
        7,
        None,
        False,
    )
    assert batch.failure == (
        'Unexpected error: Row 2, column "Problem": a control character (U+0001) cannot be written.'
    )
    assert stored(var_dir) == []
    assert (BatchFile.objects.count(), unbatched()) == (0, [])
    assert AuditEvent.objects.get(action="batch.failed").note == batch.failure
    release_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert unbatched() == [("invoice_insert", "7", 15000)]


def test_a_storage_that_cannot_be_written_fails_and_retry_works(
    batch: Batch, origin: Origin, var_dir: Path
) -> None:
    in_the_way = var_dir / "batches"
    in_the_way.touch()
    assert build_batch(batch_id=batch.pk) is False
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (
        "failed",
        "The file could not be stored: File exists.",
    )
    in_the_way.unlink()
    retry_batch(batch_id=batch.pk, origin=origin)
    assert build_batch(batch_id=batch.pk) is True
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)


def test_a_full_disk_is_named(batch: Batch) -> None:
    with pytest.raises(OSError, match="No space left") as caught:  # noqa: SIM117
        with Path("/dev/full").open("r+b") as full:
            write_zip(batch, full)
    assert explain(caught.value) == (
        "Storage is full. Free up space on the disk that holds the batch files, then retry."
    )
    assert explain(OSError(errno.EDQUOT, "x")).startswith("Storage is full. ")


def test_a_build_that_takes_too_long_is_named() -> None:
    assert explain(SoftTimeLimitExceeded()) == (
        "The build took longer than allowed. Retry when the server is less busy."
    )
