"""Messages to the workers on a real Redis: up, down, not responding (reliability.md F5 to F7)."""

import json
import socket
import subprocess
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounting.models import Batch
from accounting.tests.factories import make_batch
from accounting.tests.processes import run_python, start_python
from accounting.tests.redis_server import RedisServer
from invoices.tests.factories import make_invoice, make_origin

pytestmark = [pytest.mark.redis, pytest.mark.django_db]

SEND = """
import time
from accounting.zips.queue import enqueue_build

start = time.monotonic()
is_sent = enqueue_build(7)
print(is_sent, time.monotonic() - start)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """The test's own Redis server, running and empty."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


def waiting(server: RedisServer) -> list[tuple[str, list[int]]]:
    """Return task and arguments of the messages on the queue."""
    found = []
    with closing(server.client()) as client:
        messages = client.lrange("celery", 0, -1)
    for raw in messages:
        message = json.loads(raw)
        arguments, _, _ = json.loads(b64decode(message["body"]))
        found.append((message["headers"]["task"], arguments))
    return found


def send(url: str) -> tuple[bool, float]:
    """Send the message in a process with this Redis; return whether it was sent, and seconds."""
    done = run_python(SEND, REDIS_URL=url)
    assert done.returncode == 0, done.stderr
    is_sent, seconds = done.stdout.split()
    return is_sent == "True", float(seconds)


def test_the_message_is_the_id_and_nothing_else(server: RedisServer) -> None:
    assert send(server.url)[0] is True
    assert waiting(server) == [("accounting.tasks.build_batch", [7])]


def test_a_redis_that_is_down_is_found_so_at_once() -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    is_sent, seconds = send(f"redis://127.0.0.1:{port}/0")
    assert is_sent is False
    assert seconds < 5


@contextmanager
def passing_on(server: RedisServer) -> Iterator[tuple[str, Callable[[], None]]]:
    """Forward connections to Redis; yield the URL and a function that cuts them."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_sockets = [listener]

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                onward = socket.create_connection(("127.0.0.1", server.port))
                open_sockets.extend([client, onward])
                for pair in ((client, onward), (onward, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut() -> None:
        for each in open_sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", cut
    finally:
        cut()
        thread.join(timeout=5)


def test_a_redis_that_goes_away_between_two_messages_fails_nobody(server: RedisServer) -> None:
    code = """
from accounting.zips.queue import enqueue_build

for line in sys.stdin:
    print(enqueue_build(int(line)), flush=True)
"""
    with passing_on(server) as (url, cut):
        process = start_python(code, REDIS_URL=url)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("7\n")
        process.stdin.flush()
        assert process.stdout.readline() == "True\n"
        cut()
        output, errors = process.communicate("8\n", timeout=60)
    assert (output, process.returncode) == ("False\n", 0), errors
    assert waiting(server) == [("accounting.tasks.build_batch", [7])]


@contextmanager
def worker(server: RedisServer) -> Iterator[None]:
    """Run a real worker of one process on the test's Redis and database."""
    process = start_python(
        """
from sera_batching.celery import app
app.worker_main(["worker", "--pool", "solo", "--loglevel", "ERROR",
                 "--without-gossip", "--without-mingle", "--without-heartbeat"])
""",
        REDIS_URL=server.url,
    )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        process.kill()
        process.communicate()


@pytest.mark.django_db(transaction=True)
def test_batches_whose_messages_redis_lost_are_built_after_a_sweep(
    server: RedisServer,
) -> None:
    origin = make_origin()
    batches = []
    for number in ("7", "8"):
        make_invoice(number, origin=origin)
        batches.append(make_batch(is_built=False, origin=origin))
    assert send(server.url)[0] is True
    with closing(server.client()) as client:
        client.flushall()
    Batch.objects.update(queued_at=timezone.now() - timedelta(seconds=60))
    code = "from accounting.sweep import sweep; print(sweep().queued_again)"
    done = run_python(code, REDIS_URL=server.url)
    assert done.stdout == f"{tuple(batch.pk for batch in batches)}\n", done.stderr
    with worker(server):
        until = time.monotonic() + 60
        while Batch.objects.exclude(status="ready").exists() and time.monotonic() < until:
            time.sleep(0.1)
    assert list(Batch.objects.order_by("pk").values_list("status", "attempt", "tries")) == [
        ("ready", 1, 1),
        ("ready", 1, 1),
    ]
    assert waiting(server) == []


@pytest.mark.django_db(transaction=True)
def test_confirming_answers_while_redis_is_silent_and_the_batch_stays_queued() -> None:
    origin = make_origin()
    make_invoice("7", origin=origin)
    code = f"""
import time
from accounting.unbatched.selection import NamedDocuments
from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.unbatched.filters import Filters
from sera_batching.models import User
from sera_batching.origin import Origin

origin = Origin(user=User.objects.get(pk={origin.user.pk}))
draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters())
start = time.monotonic()
confirm_draft(draft_id=draft.pk, name="March", origin=origin)
print(time.monotonic() - start)
"""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        done = run_python(code, REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 20
    assert list(Batch.objects.values_list("name", "status")) == [("March.zip", "queued")]
