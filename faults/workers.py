"""Real Celery workers with a pool of processes, which pause where a test kills them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from accounting.models import Batch
from accounting.tests.processes import start_python
from accounting.tests.redis_server import RedisServer
from sera_batching.celery import app

PATIENCE_SECONDS = 120
WRITING_FILE_4 = 4
BEFORE_FINISH = 99
"""A moment after the zip is stored and before the row says so."""

_WORKER = """
import time
from pathlib import Path
from accounting.zips import build

folder = Path({folder!r})
moment = {moment!r}

def pause(now):
    if now != moment:
        return
    (folder / f"at-{{os.getpid()}}").touch()
    while not (folder / "go").exists():
        time.sleep(0.02)

report, finish = build.report, build.finish

def pausing_report(lease, progress):
    report(lease, progress)
    pause(progress)

def pausing_finish(*arguments):
    pause({before_finish})
    finish(*arguments)

build.report = pausing_report
build.finish = pausing_finish

from sera_batching.celery import app
app.worker_main(["worker", "--pool", "prefork", "--concurrency", "{concurrency}",
                 "--loglevel", "INFO", "--without-gossip", "--without-mingle",
                 "--without-heartbeat"])
"""


def until(happens: Callable[[], bool], what: str) -> None:
    """Wait for something that must happen."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        if time.monotonic() > end:
            raise AssertionError(f"It never came to be: {what}.")
        time.sleep(0.02)


class Worker:
    """A worker; builds pause at one moment until `go`, if one was given."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    def paused_children(self) -> list[int]:
        """Return the processes of the pool that have come to the moment, dead ones too."""
        return sorted(int(path.name.removeprefix("at-")) for path in self.folder.glob("at-*"))

    def wait_for_paused(self, count: int = 1) -> int:
        """Wait until so many have come to the moment; return the newest."""

        def has_paused() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.process.communicate()[1])
            return len(self.paused_children()) >= count

        until(has_paused, f"{count} paused builds")
        newest = max(self.folder.glob("at-*"), key=lambda path: path.stat().st_mtime_ns)
        return int(newest.name.removeprefix("at-"))

    def go(self) -> None:
        """Let paused builds go on, and later ones not pause."""
        (self.folder / "go").touch()

    def signal(self, number: signal.Signals, *, whole_group: bool = False) -> None:
        """Send a signal to the main process, or to the pool's processes too."""
        if whole_group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait until the main process has ended; return its exit code."""
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode


@contextmanager
def worker(
    server: RedisServer, folder: Path, *, moment: int = 0, concurrency: int = 1
) -> Iterator[Worker]:
    """Run a worker on the test's Redis and database; `moment` is where its builds pause."""
    folder.mkdir()
    code = _WORKER.format(
        folder=str(folder), moment=moment, before_finish=BEFORE_FINISH, concurrency=concurrency
    )
    process = start_python(f"os.setpgid(0, 0)\n{code}", REDIS_URL=server.url)
    started = Worker(process, folder)
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def send_build(server: RedisServer, batch: Batch, times: int = 1) -> None:
    """Queue the message to build a batch this many times."""
    with app.connection_for_write(server.url) as connection:
        for _ in range(times):
            app.send_task("accounting.tasks.build_batch", args=[batch.pk], connection=connection)


def status_of(batch: Batch) -> str:
    """Return the status of a batch as it is now."""
    return str(Batch.objects.values_list("status", flat=True).get(pk=batch.pk))


def wait_for_status(batch: Batch, status: str) -> None:
    """Wait until a batch has this status, and take it over."""
    until(lambda: status_of(batch) == status, f"batch {batch.pk} {status}")
    batch.refresh_from_db()


def stored_zips() -> list[str]:
    """Return the names of the whole files in the storage."""
    return sorted(path.name for path in (Path(settings.VAR_DIR) / "batches").glob("*.zip"))
