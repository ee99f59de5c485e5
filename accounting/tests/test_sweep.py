"""What the sweep requeues and deletes (reliability.md F2, F5; domain.md §8)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounting.models import Batch, Draft, DraftItem
from accounting.sweep import Sweep, sweep
from accounting.tests.factories import draft_of, make_batch, make_failed_batch, make_ready_batch
from accounting.tests.readings import unbatched, zip_of
from accounting.zips.build import build_batch, take_lease
from invoices.tests.factories import make_invoice, make_origin
from sera_batching.celery import app
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

NOTHING = Sweep(queued_again=(), not_queued=(), failed=(), drafts_dropped=0, files_dropped=0)


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def batch(origin: Origin) -> Batch:
    make_invoice("7", origin=origin)
    return make_batch(is_built=False, origin=origin)


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[None]:
    messages()
    yield
    messages()


def messages() -> list[list[int]]:
    """Take all messages off the queue; return their arguments."""
    found = []
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        while queue.qsize():
            message = queue.get(block=False)
            found.append(message.payload[0])
            message.ack()
    return found


def queued_ago(batch: Batch, seconds: int) -> None:
    moment = timezone.now() - timedelta(seconds=seconds)
    Batch.objects.filter(pk=batch.pk).update(queued_at=moment)


def lease_until(batch: Batch, seconds: int) -> None:
    """Make the batch a building one whose lease ends in this many seconds."""
    assert take_lease(batch.pk)
    moment = timezone.now() + timedelta(seconds=seconds)
    Batch.objects.filter(pk=batch.pk).update(lease_until=moment)


# Builds


def test_nothing_to_sweep() -> None:
    assert sweep() == NOTHING


def test_a_queued_batch_whose_message_is_lost_is_queued_again(batch: Batch) -> None:
    queued_ago(batch, 44)
    assert (sweep(), messages()) == (NOTHING, [])
    queued_ago(batch, 46)
    for _ in range(2):
        with unchanging():
            assert sweep().queued_again == (batch.pk,)
    assert messages() == [[batch.pk], [batch.pk]]
    assert build_batch(batch_id=batch.pk) is True
    assert (sweep(), messages()) == (NOTHING, [])


def test_a_build_whose_lease_ran_out_is_queued_again(batch: Batch) -> None:
    lease_until(batch, 60)
    queued_ago(batch, 3600)
    assert (sweep(), messages()) == (NOTHING, [])
    lease_until_now = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(lease_until=lease_until_now)
    assert sweep().queued_again == (batch.pk,)
    assert messages() == [[batch.pk]]


def test_a_build_whose_process_is_dead_is_not_waited_for(batch: Batch) -> None:
    lease_until(batch, 60)
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    Batch.objects.filter(pk=batch.pk).update(lease_holder=f"{socket.gethostname()}:{process.pid}")
    assert sweep().queued_again == (batch.pk,)
    assert messages() == [[batch.pk]]


def test_at_the_third_death_the_sweeper_fails_the_batch_without_a_worker(batch: Batch) -> None:
    lease_until(batch, -1)
    Batch.objects.filter(pk=batch.pk).update(tries=2)
    assert sweep().queued_again == (batch.pk,)
    Batch.objects.filter(pk=batch.pk).update(tries=3)
    assert sweep() == Sweep((), (), (batch.pk,), 0, 0)
    batch.refresh_from_db()
    assert (batch.status, batch.lease_until) == ("failed", None)
    assert AuditEvent.objects.get(action="batch.failed").target_id == str(batch.pk)
    assert (sweep(), unbatched()) == (NOTHING, [])


def test_finished_batches_are_left_alone(origin: Origin) -> None:
    for number, make in (("7", make_ready_batch), ("8", make_failed_batch)):
        make_invoice(number, origin=origin)
        queued_ago(make(origin=origin), 3600)
    with unchanging():
        assert sweep() == NOTHING


def test_lost_builds_come_in_the_order_they_were_made(origin: Origin) -> None:
    batches = []
    for number in ("7", "8", "9"):
        make_invoice(number, origin=origin)
        batches.append(make_batch(is_built=False, origin=origin))
        queued_ago(batches[-1], 60)
    assert sweep().queued_again == tuple(batch.pk for batch in batches)


# Drafts


def test_a_draft_that_nobody_confirmed_disappears_after_an_hour(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    old, new = draft_of(origin=origin), draft_of(origin=origin)
    hour = timedelta(hours=1)
    Draft.objects.filter(pk=old.pk).update(created_at=timezone.now() - hour)
    Draft.objects.filter(pk=new.pk).update(created_at=timezone.now() - hour + timedelta(seconds=30))
    assert sweep().drafts_dropped == 1
    assert list(Draft.objects.all()) == [new]
    assert DraftItem.objects.count() == 1
    assert unbatched() == [("invoice_insert", "7", 15000)]
    assert sweep() == NOTHING


# Files


def age(path: Path, hours: float) -> None:
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))


def test_files_that_no_batch_has_are_deleted_after_six_hours(
    batch: Batch, origin: Origin, var_dir: Path
) -> None:
    build_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    folder = var_dir / "batches"
    names = {
        "00000009-" + "0" * 64 + ".zip": 6.1,
        "unfinished-abc": 6.1,
        "unfinished-new": 5.9,
        batch.storage_key: 1000,
    }
    for name, hours in names.items():
        (folder / name).touch()
        age(folder / name, hours)
    (folder / "a-folder").mkdir()
    age(folder / "a-folder", 1000)
    assert sweep().files_dropped == 2
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [batch.storage_key, "a-folder", "unfinished-new"]
    )
    assert len(zip_of(batch)) == batch.size


def test_the_zip_of_an_undone_batch_is_kept(batch: Batch, origin: Origin, var_dir: Path) -> None:
    build_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    Batch.objects.filter(pk=batch.pk).update(
        status="undone", undone_at=timezone.now(), undo_reason="x"
    )
    age(var_dir / "batches" / batch.storage_key, 1000)
    assert sweep() == NOTHING
    assert len(zip_of(batch)) == batch.size
