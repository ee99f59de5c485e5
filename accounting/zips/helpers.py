"""Shares the parts of a large batch among processes: the same bytes in less time.

This process takes parts from the front and helpers take them from the back, so they meet in the
middle and nobody waits long. A helper is a plain `subprocess`, because a child of a Celery pool may
not have `multiprocessing` children. What a helper does not deliver, because it was killed or
failed, this process builds itself, so that errors occur where they are explained. Helpers know
nothing of leases: this process renews its own.
"""

import contextlib
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import BinaryIO, Final, Self

from django.conf import settings
from django.db import connection

from accounting.models import Batch
from accounting.zips import storage
from accounting.zips.parts import Part, WrittenPart, build_part, plan_parts

logger = logging.getLogger(__name__)

WORTH_A_PROCESS: Final = 20_000
"""Rows that make a helper worthwhile; starting another Python takes about half a second."""
_LOOK_AGAIN_SECONDS: Final = 1.0
_END_SECONDS: Final = 10.0

start_process = subprocess.Popen


@dataclass(slots=True)
class _Offer:
    """A part, the file for it, and the result of the helper that took it."""

    part: Part
    path: Path
    file: BinaryIO
    is_taken: bool = False
    result: "Future[WrittenPart | None]" = field(default_factory=Future)


class PartBuilders:
    """The processes that build one batch: this one, plus helpers for a large batch.

    A context manager: leaving it kills the helpers and deletes the files.
    """

    def __init__(self, batch: Batch, *, processes: int | None = None) -> None:
        self._batch = batch
        self._most = settings.EXPORT_PROCESSES if processes is None else processes
        self._offers: list[_Offer] = []
        self._lock = Lock()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def offer(self, parts: Iterable[Part]) -> None:
        """Set what will be built, in the order in which it will be requested."""
        for part in parts:
            path, file = self._stack.enter_context(storage.temporary_file())
            with self._lock:
                self._offers.append(_Offer(part, path, file))

    def start_helpers(self) -> None:
        """Start as many helpers as there is work for."""
        rows = sum(offer.part.rows for offer in self._offers)
        processes = min(self._most, len(self._offers), rows // WORTH_A_PROCESS)
        for _ in range(processes - 1):
            self._stack.enter_context(_Helper(self._batch.pk, self._take_last))

    def next_part(self, file_number: int, first: int) -> Part | None:
        """Return the part of a file that begins with document `first`; None at the file's end.

        If the part before it ended earlier than planned, everything after it is planned again.
        """
        planned = [one.part for one in self._offers if one.part.file_number == file_number]
        for part in planned:
            if part.first == first:
                return part
        if not planned or first > planned[-1].last:
            return None
        with self._lock:
            self._offers = [one for one in self._offers if one.part.file_number != file_number]
        self.offer(plan_parts(self._batch, file_number, first))
        return self.next_part(file_number, first)

    def build(self, part: Part, on_document: Callable[[], None]) -> tuple[WrittenPart, BinaryIO]:
        """Return the part and its file: from the helper who took it, else written here."""
        with self._lock:
            offer = next(one for one in self._offers if one.part is part)
            is_with_helper, offer.is_taken = offer.is_taken, True
        written = _wait(offer, on_document) if is_with_helper else None
        if written is None:
            # A helper that died may have left half of it.
            offer.file.seek(0)
            offer.file.truncate()
            written = build_part(self._batch, part, offer.file, on_document=on_document)
        return written, offer.file

    def _take_last(self) -> _Offer | None:
        with self._lock:
            offer = next((one for one in reversed(self._offers) if not one.is_taken), None)
            if offer is not None:
                offer.is_taken = True
            return offer


def _wait(offer: _Offer, on_document: Callable[[], None]) -> WrittenPart | None:
    """Wait for a helper, renewing the lease meanwhile; None when it did not deliver."""
    while True:
        try:
            return offer.result.result(timeout=_LOOK_AGAIN_SECONDS)
        except NotYet:
            on_document()


class _Helper:
    """Another Python process that builds parts, and a thread that feeds it."""

    def __init__(self, batch_id: int, take: Callable[[], _Offer | None]) -> None:
        self._take = take
        self._database = str(connection.settings_dict["NAME"])
        self._process = start_process(
            [sys.executable, "-m", "accounting.zips.helper_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=settings.BASE_DIR,
            text=True,
        )
        self._thread = Thread(target=self._feed, args=(batch_id,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._thread.join(_END_SECONDS)
        self._process.communicate()

    def _feed(self, batch_id: int) -> None:
        # The name too, because the database may differ from the environment's, as in tests.
        start = {"database": self._database, "batch": batch_id}
        with contextlib.suppress(OSError, ValueError):
            self._say(start)
        while (offer := self._take()) is not None:
            written = None
            try:
                written = self._ask(offer)
            except (OSError, ValueError, TypeError) as error:
                logger.warning("A helper of batch %s did not deliver: %s", batch_id, error)
            offer.result.set_result(written)
            if written is None:
                return

    def _ask(self, offer: _Offer) -> WrittenPart:
        self._say({"part": asdict(offer.part), "path": str(offer.path)})
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        answer = self._process.stdout.readline()
        if not answer:
            raise ValueError("it has ended.")
        return WrittenPart.from_json(json.loads(answer))

    def _say(self, words: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()
