"""Child processes of one launcher: they start together and stop together."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 10
LAST_LINES = 15


class Child:
    """A process in a session of its own, so that Ctrl-C reaches it through the launcher only."""

    def __init__(
        self, name: str, words: Sequence[str], *, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and to all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def last_lines(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


class Children:
    """Processes that belong together; leaving the context stops those that still run."""

    def __init__(self, *, log_folder: Path, environment: Mapping[str, str]) -> None:
        self.log_folder = log_folder
        self.environment = environment
        self.children: list[Child] = []
        log_folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *words: str) -> None:
        """Start a process that writes to `<name>.log`."""
        log = self.log_folder / f"{name}.log"
        self.children.append(Child(name, words, log=log, environment=self.environment))

    def ended(self) -> Child | None:
        """Return the first process that has ended, if one has."""
        return next((child for child in self.children if not child.is_running()), None)

    def stop(self) -> None:
        """Ask every process to end, wait, and kill those that do not."""
        for child in self.children:
            child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            # Also what it started and left behind.
            child.signal(signal.SIGKILL)
            child.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
