"""Real workers killed, stopped and shut down during a build (F1, F2, F4, F8 to F10)."""

import io
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounting.batches.undo import release_batch
from accounting.models import Batch, BatchFile
from accounting.sweep import sweep
from accounting.tests.factories import make_batch
from accounting.tests.processes import run_python
from accounting.tests.readings import unbatched
from accounting.tests.redis_server import RedisServer
from accounting.zips.build import build_batch
from accounting.zips.write import write_zip
from faults.books import breaches, make_every_kind_with_zips
from faults.workers import (
    BEFORE_FINISH,
    WRITING_FILE_4,
    Worker,
    send_build,
    status_of,
    stored_zips,
    wait_for_status,
    worker,
)
from invoices.tests.factories import make_invoice
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = [
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]

DIED = (
    "The build process died 3 times without reporting an error. The server may have run out of "
    "memory."
)


@pytest.fixture
def batch(origin: Origin) -> Batch:
    """A queued batch with rows of all kinds."""
    make_every_kind_with_zips(origin)
    return make_batch(is_built=False, origin=origin)


def is_as_undisturbed(batch: Batch, *, attempt: int) -> None:
    """Expect the batch to be ready by this attempt, with the bytes of an undisturbed build."""
    assert (batch.status, batch.attempt) == ("ready", attempt)
    assert batch.sha256 == write_zip(batch, io.BytesIO()).sha256
    assert BatchFile.objects.filter(batch=batch).count() == 7
    assert stored_zips() == sorted(Batch.objects.values_list("storage_key", flat=True))
    ready = AuditEvent.objects.filter(action="batch.ready", target_id=str(batch.pk))
    assert ready.count() == 1
    assert unbatched() == []
    assert breaches() == []


def sweep_by_beat(server: RedisServer) -> str:
    """Sweep as the beat does, in a process that has this Redis; return what was queued again."""
    code = "from accounting.sweep import sweep; print(sweep().queued_again)"
    done = run_python(code, REDIS_URL=server.url)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_worker_killed_while_it_writes_file_4_is_replaced_by_another(
    batch: Batch, server: RedisServer, tmp_path: Path
) -> None:
    with worker(server, tmp_path / "first", moment=WRITING_FILE_4) as first:
        send_build(server, batch)
        first.wait_for_paused()
        first.signal(signal.SIGKILL, whole_group=True)
        first.wait()
    assert status_of(batch) == "building"
    with worker(server, tmp_path / "second"):
        # The message would come back after 900 seconds; the sweeper sees that its holder is dead.
        assert sweep_by_beat(server) == f"({batch.pk},)"
        wait_for_status(batch, "ready")
    is_as_undisturbed(batch, attempt=2)


def test_a_pool_child_that_is_killed_is_replaced_at_once(
    batch: Batch, server: RedisServer, tmp_path: Path
) -> None:
    with worker(server, tmp_path / "worker", moment=WRITING_FILE_4) as running:
        send_build(server, batch)
        os.kill(running.wait_for_paused(), signal.SIGKILL)
        running.wait_for_paused(2)
        running.go()
        # Without a sweep: the message was given back when its process died.
        wait_for_status(batch, "ready")
    is_as_undisturbed(batch, attempt=2)


def kill_three(running: Worker) -> None:
    for death in (1, 2, 3):
        os.kill(running.wait_for_paused(death), signal.SIGKILL)


def test_at_the_third_death_it_fails_and_retry_and_release_are_offered(
    batch: Batch, origin: Origin, server: RedisServer, tmp_path: Path, client: Client
) -> None:
    with worker(server, tmp_path / "worker", moment=WRITING_FILE_4) as running:
        send_build(server, batch)
        kill_three(running)
        wait_for_status(batch, "failed")
        assert (batch.failure, batch.tries, unbatched()) == (DIED, 3, [])
        client.force_login(origin.user)
        page = client.get(f"/batches/{batch.pk}/").content.decode()
        assert f"/batches/{batch.pk}/retry/" in page
        assert f"/batches/{batch.pk}/release/" in page
        running.go()
        assert client.post(f"/batches/{batch.pk}/retry/").status_code == 302
        send_build(server, batch)
        wait_for_status(batch, "ready")
    is_as_undisturbed(batch, attempt=4)


def test_what_died_three_times_can_be_released(
    origin: Origin, server: RedisServer, tmp_path: Path
) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    with worker(server, tmp_path / "worker", moment=WRITING_FILE_4) as running:
        send_build(server, batch)
        kill_three(running)
        wait_for_status(batch, "failed")
    release_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    assert breaches() == []


@pytest.mark.parametrize("moment", [WRITING_FILE_4, BEFORE_FINISH])
def test_a_worker_stopped_past_its_lease_changes_nothing_when_it_wakes(
    batch: Batch, server: RedisServer, tmp_path: Path, moment: int
) -> None:
    with worker(server, tmp_path / "sleeper", moment=moment) as sleeper:
        send_build(server, batch)
        sleeper.wait_for_paused()
        sleeper.signal(signal.SIGSTOP, whole_group=True)
        assert build_batch(batch_id=batch.pk) is False
        Batch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert build_batch(batch_id=batch.pk) is True
        batch.refresh_from_db()
        row = Batch.objects.filter(pk=batch.pk).values().get()
        sleeper.go()
        sleeper.signal(signal.SIGCONT, whole_group=True)
        # It ends when it is told to, so it is done with the task.
        sleeper.signal(signal.SIGTERM)
        sleeper.wait()
    assert Batch.objects.filter(pk=batch.pk).values().get() == row
    is_as_undisturbed(batch, attempt=2)
    # Woken, it cleaned up after itself; had it died asleep, the sweeper would have (test_crashes).
    assert [path.name for path in (tmp_path / "var" / "batches").glob("unfinished-*")] == []


def test_a_worker_that_is_told_to_end_finishes_its_build(
    batch: Batch, server: RedisServer, tmp_path: Path
) -> None:
    with worker(server, tmp_path / "worker", moment=WRITING_FILE_4) as running:
        send_build(server, batch)
        running.wait_for_paused()
        running.signal(signal.SIGTERM)
        running.go()
        assert running.wait() == 0
    batch.refresh_from_db()
    is_as_undisturbed(batch, attempt=1)


def test_a_worker_that_is_told_to_end_and_then_killed_leaves_no_half_file(
    batch: Batch, server: RedisServer, tmp_path: Path
) -> None:
    with worker(server, tmp_path / "first", moment=BEFORE_FINISH) as first:
        send_build(server, batch)
        first.wait_for_paused()
        first.signal(signal.SIGTERM)
        first.signal(signal.SIGKILL, whole_group=True)
        first.wait()
    assert status_of(batch) == "building"
    assert BatchFile.objects.filter(batch=batch).count() == 0
    with worker(server, tmp_path / "second"):
        assert sweep_by_beat(server) == f"({batch.pk},)"
        wait_for_status(batch, "ready")
    is_as_undisturbed(batch, attempt=2)


def test_one_message_five_times_makes_one_build(
    batch: Batch, server: RedisServer, tmp_path: Path
) -> None:
    with worker(server, tmp_path / "worker", moment=WRITING_FILE_4, concurrency=2) as running:
        send_build(server, batch, times=5)
        running.wait_for_paused()
        # The other process of the pool takes the four others meanwhile, and leaves each.
        other = make_other(batch)
        send_build(server, other)
        running.wait_for_paused(2)
        running.go()
        wait_for_status(batch, "ready")
        wait_for_status(other, "ready")
        running.signal(signal.SIGTERM)
        running.wait()
    is_as_undisturbed(batch, attempt=1)
    assert other.attempt == 1


def make_other(batch: Batch) -> Batch:
    origin = Origin(user=batch.created_by)
    make_invoice("other", origin=origin)
    return make_batch(is_built=False, origin=origin)


@pytest.mark.parametrize("server", [True, False], indirect=True, ids=["AOF", "no AOF"])
def test_a_redis_killed_and_restarted_loses_no_batch(
    origin: Origin, server: RedisServer, tmp_path: Path
) -> None:
    batches = []
    for number in ("7", "8"):
        make_invoice(number, origin=origin)
        batches.append(make_batch(is_built=False, origin=origin))
        send_build(server, batches[-1])
    server.kill()
    server.start()
    with worker(server, tmp_path / "worker"):
        if not server.keeps:
            assert status_of(batches[0]) == "queued"
            Batch.objects.update(queued_at=timezone.now() - timedelta(seconds=60))
            assert sweep_by_beat(server) == str(tuple(batch.pk for batch in batches))
        for batch in batches:
            wait_for_status(batch, "ready")
            assert (batch.attempt, batch.tries) == (1, 1)
    assert breaches() == []


def test_a_worker_outlives_its_redis(origin: Origin, server: RedisServer, tmp_path: Path) -> None:
    make_invoice("7", origin=origin)
    first = make_batch(is_built=False, origin=origin)
    with worker(server, tmp_path / "worker"):
        send_build(server, first)
        wait_for_status(first, "ready")
        server.kill()
        make_invoice("8", origin=origin)
        second = make_batch(is_built=False, origin=origin)
        server.start()
        send_build(server, second)
        wait_for_status(second, "ready")
    assert breaches() == []
    assert sweep().queued_again == ()
