"""The commands as real processes: exit codes, what goes to stdout, what to stderr, the terminal."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from feed.tests.feeding import BASE, as_lines, invoice, payment

pytestmark = pytest.mark.slow

Environment = dict[str, str]


def manage(
    *arguments: object, environment: Mapping[str, str], feed: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command without a terminal."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=environment,
        input=feed or b"",
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database in which an invoice and its payment are unbatched."""
    folder = tmp_path_factory.mktemp("company")
    environment = {"PATH": "", "VAR_DIR": str(folder)}
    assert manage("migrate", "-v0", environment=environment).returncode == 0
    lines = as_lines(*BASE, invoice(), payment())
    fed = manage("import_feed", "-", "--json", environment=environment, feed=lines)
    assert json.loads(fed.stdout) == {"created": 5, "changed": 0, "unchanged": 0, "refused": 0}
    return folder


@pytest.fixture
def company(template: Path, tmp_path: Path) -> Environment:
    """The environment of this test's own company."""
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    return {"PATH": "", "VAR_DIR": str(folder)}


def made(*arguments: str, company: Environment) -> dict[str, Any]:
    """Make a batch and return its output, which is exactly one object."""
    ran = manage("make_batch", "--json", *arguments, environment=company)
    assert (ran.returncode, ran.stderr) == (0, b"")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_0_a_batch_from_the_feed_to_the_zip_and_back(company: Environment, tmp_path: Path) -> None:
    first = made("--only", "invoices", "--here", company=company)
    assert (first["batch"], first["status"], Path(first["path"]).is_file()) == (1, "ready", True)
    second = made("--here", company=company)
    assert second["files"]["3 Payment Inserts"] == {"documents": 1, "rows": 1, "total": "162.38"}
    target = tmp_path / "out.zip"
    ran = manage("export_batch", 1, "--to", target, environment=company)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert target.read_bytes() == Path(first["path"]).read_bytes()
    assert manage("check_books", environment=company).returncode == 0
    ran = manage("undo_batch", 2, "--reason", "Wrong.", "--yes", "--json", environment=company)
    assert (ran.returncode, json.loads(ran.stdout)["undone"], ran.stderr) == (0, [2], b"")
    ran = manage("unbatched", "--json", environment=company)
    assert json.loads(ran.stdout) == {
        "tab": "payments",
        "kind": "payment_insert",
        "number": "P-900",
        "date": "2026-11-03",
        "department": "HVAC",
        "customer": "Jane Doe",
        "amount": "162.38",
    }


def test_1_nothing_to_batch(company: Environment) -> None:
    ran = manage("make_batch", "--search", "Zoe", "--json", environment=company)
    assert (ran.returncode, ran.stdout) == (1, b"")
    assert b"No unbatched document matches these filters." in ran.stderr


def test_1_broken_books(company: Environment) -> None:
    batch = made("--here", company=company)
    Path(batch["path"]).unlink()
    ran = manage("check_books", "--json", environment=company)
    breach, counts = map(json.loads, ran.stdout.splitlines())
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert (breach["invariant"], breach["rows"][0]["path"]) == (
        "zips_are_what_was_built",
        batch["path"],
    )
    assert counts["breaches"] == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("make_batch", "--kind", "bill"), "argument --kind: invalid choice: 'bill'"),
        (
            ("make_batch", "--from", "yesterday"),
            "“yesterday” isn't a date; write it like 2026-11-02",
        ),
        (("make_batch", "--name", "a/b"), "The name may not contain /:"),
        (("make_batch", "--here", "--wait"), "not allowed with argument"),
        (("make_batch", "--user", "nobody"), "There is no active user “nobody”."),
        (("undo_batch", "1", "--reason", "x", "--yes"), "There is no batch 1."),
        (("undo_batch", "1"), "the following arguments are required: --reason"),
        (("show_batch", "one"), "argument ID: invalid int value: 'one'"),
    ],
)
def test_2_usage(company: Environment, arguments: tuple[str, ...], reason: str) -> None:
    ran = manage(*arguments, environment=company)
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert reason in ran.stderr.decode()


def test_2_bytes_that_are_no_text(company: Environment) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", "make_batch", "--search", b"\xff"],
        cwd=settings.BASE_DIR,
        env=company,
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"argument --search: is not valid UTF-8" in ran.stderr


def test_3_a_dependency(company: Environment) -> None:
    made("--only", "invoices", "--here", company=company)
    made("--here", company=company)
    ran = manage("undo_batch", 1, "--reason", "Wrong.", "--yes", "--json", environment=company)
    assert (ran.returncode, ran.stdout) == (3, b"")
    assert b"batch 2 has payments on invoices that batch 1 sent" in ran.stderr


def test_4_no_database(company: Environment) -> None:
    nowhere = {
        **company,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "SECRET_KEY": "x" * 60,
        "PRODUCTION": "False",
    }
    for arguments in (
        ("unbatched",),
        ("undo_batch", "1", "--reason", "x", "--yes"),
    ):
        ran = manage(*arguments, environment=nowhere)
        assert (ran.returncode, ran.stdout) == (4, b"")
        assert b"The database isn't responding" in ran.stderr


def test_4_no_queue(company: Environment) -> None:
    no_queue = {**company, "REDIS_URL": "redis://127.0.0.1:1/0", "PRODUCTION": "False"}
    ran = manage("make_batch", "--json", environment=no_queue)
    assert (ran.returncode, json.loads(ran.stdout)["status"]) == (0, "queued")
    make_it_look_lost(Path(company["VAR_DIR"]))
    ran = manage("sweep_batches", "--json", environment=no_queue)
    assert (ran.returncode, json.loads(ran.stdout)["not_queued"]) == (4, [1])
    assert b"The message queue is down: batch 1 stays queued." in ran.stderr
    ran = manage("sweep_batches", "--json", environment=company)
    assert (ran.returncode, json.loads(ran.stdout)["queued_again"]) == (0, [1])


def test_a_queue_that_is_down_holds_nobody_up(company: Environment) -> None:
    no_queue = {**company, "REDIS_URL": "redis://127.0.0.1:1/0", "PRODUCTION": "False"}
    lines = (
        "import time",
        "from accounting.zips.queue import enqueue_build",
        "begun = time.monotonic()",
        "print(enqueue_build(1), time.monotonic() - begun < 2)",
    )
    ran = manage("shell", "--no-imports", "-c", "; ".join(lines), environment=no_queue)
    assert ran.stdout.decode().split() == ["False", "True"]


def make_it_look_lost(folder: Path) -> None:
    """Make the batch look as if it was queued long ago."""
    with closing(sqlite3.connect(folder / "db.sqlite3")) as connection, connection:
        connection.execute("UPDATE accounting_batch SET queued_at = '2026-01-01 00:00:00'")


# The terminal


def at_a_terminal(*arguments: object, answer: str, company: Environment) -> tuple[int, bytes]:
    """Run a command at a terminal with these answers; return the exit code and stdout."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=settings.BASE_DIR,
            env=company,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=120)
    finally:
        os.close(ours)
        os.close(theirs)
    return process.returncode, out


def status_of(batch_id: int, company: Environment) -> object:
    ran = manage("show_batch", batch_id, "--json", environment=company)
    return json.loads(ran.stdout)["status"]


def test_somebody_at_a_terminal_is_asked(company: Environment) -> None:
    made("--here", company=company)
    undo = ("undo_batch", 1, "--reason", "Wrong.", "--json")
    assert manage(*undo, environment=company).returncode == 2
    assert at_a_terminal(*undo, answer="no", company=company) == (1, b"")
    assert status_of(1, company) == "ready"
    code, out = at_a_terminal(*undo, answer="yes", company=company)
    assert (code, json.loads(out)["undone"]) == (0, [1])
    assert status_of(1, company) == "undone"


def test_a_reader_who_has_seen_enough(company: Environment) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "unbatched"],
        cwd=settings.BASE_DIR,
        env=company,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(120) == 1


# The worker


@contextmanager
def worker(company: Environment) -> Iterator[None]:
    """A real worker on the queue of files."""
    words = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "sera_batching", "worker", *words],
        cwd=settings.BASE_DIR,
        env={**company, "C_FORCE_ROOT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def test_waiting_for_a_worker(company: Environment) -> None:
    with worker(company):
        batch = made("--wait", "--timeout", "90", company=company)
    assert (batch["status"], Path(batch["path"]).is_file()) == ("ready", True)
    assert batch["files"]["1 Invoice Inserts"] == {"documents": 1, "rows": 1, "total": "162.38"}
