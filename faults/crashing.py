"""Kills a real process at each of its steps, one step later every time.

The product has no marks for this. A step is whatever leaves the process: an SQL statement, a commit
(before and after), and the syncing, renaming and removing of a file of the storage. So a step that
is added later is a crash point automatically.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from accounting.tests.processes import start_python

Act = Callable[[Any], object]
"""What a process does with an argument that JSON can carry."""


@dataclass(frozen=True, slots=True)
class Death:
    """Where a process was killed; `step` is empty when it took fewer steps and lived."""

    step: str

    @property
    def is_after_commit(self) -> bool:
        return self.step.startswith("committed")


# In the process that is killed


def serve(act: Act) -> None:
    """Answer each line of stdin (step, argument) by doing the act in a child, killed at that step.

    The children are forked from a process that has loaded everything and holds no connection.
    """
    connections.close_all()
    for line in sys.stdin:
        step, argument = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _die_at(step, writer)
            act(argument)
            connections.close_all()
            os._exit(0)
        os.close(writer)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reader) as pipe:
            death = pipe.read()
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code, "step": death}), flush=True)


def _die_at(number: int, writer: int) -> None:
    """Kill this process when it is about to take the step of this number, counted from one."""
    taken = 0

    def step(what: str) -> None:
        nonlocal taken
        taken += 1
        if taken == number:
            os.write(writer, f"{what} in {_where()}".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        step(" ".join(sql.split()[:3]))
        return run(sql, *rest)

    database: Any = connection
    system: Any = os
    commit, sync = database._commit, os.fsync

    def committing() -> None:
        step("COMMIT")
        commit()
        step("committed")

    def syncing(descriptor: int) -> None:
        step("fsync")
        sync(descriptor)

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("os.rename", "os.remove") and _is_stored(arguments[0]):
            step(event)

    database.execute_wrappers.append(execute)
    database._commit = committing
    system.fsync = syncing
    sys.addaudithook(listen)


def _is_stored(path: Any) -> bool:
    return Path(os.fsdecode(path)).parent == Path(settings.VAR_DIR) / "batches"


def _where() -> str:
    """Return the innermost function of ours on the stack, such as `claiming._use_refunds`."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        name = str(frame.f_globals.get("__name__", ""))
        if name.split(".")[0] in ("accounting", "payments", "invoices"):
            return f"{name.rsplit('.', 1)[-1]}.{frame.f_code.co_name}"
    return "?"


# In the test


class Victims:
    """Processes that do the same act, each killed where the test says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def run(self, step: int, argument: Any = None) -> Death:
        """Let one do the act until its step of this number; it must die there, or end well."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([step, argument]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        answer = json.loads(line)
        assert answer["code"] == (-signal.SIGKILL if answer["step"] else 0), answer
        return Death(answer["step"])

    def killed_at_each_step(self, argument: Callable[[int], Any]) -> Iterator[Death]:
        """Yield the deaths one after the other, until one lives through the whole act.

        `argument` makes ready what the next one does, and says what it is.
        """
        number = 1
        while (death := self.run(number, argument(number))).step:
            settle()
            yield death
            number += 1
        settle()


@contextmanager
def victims(act: str, **environment: str) -> Iterator[Victims]:
    """Start the process from which the victims are forked; `act` is code that defines `act`."""
    code = f"{act}\nfrom faults.crashing import serve\nserve(act)\n"
    process = start_python(code, **environment)
    try:
        yield Victims(process)
    finally:
        process.kill()
        process.communicate()


def settle() -> None:
    """Wait until the database has ended the transactions of those who died."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if cursor.fetchone() == (0,):
                return
