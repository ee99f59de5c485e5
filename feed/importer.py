"""Importing a feed: lines in transactions of 1,000, a savepoint a line (feed.md, Rules)."""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from accounting.models import (
    CandidatePayment,
    Finding,
    InvoiceListRow,
    PaymentListRow,
    UnbatchedInvoice,
)
from feed.chunks import Chunk, FeedReport, FirstProblem
from feed.lines import ByteLines, Line, read_lines
from feed.parsing import Problem
from sera_batching.database.sql import refresh_outgrown_statistics
from sera_batching.origin import Origin

LINES_A_TRANSACTION: Final = 1000
BYTES_A_TRANSACTION: Final = 8_000_000
"""Long lines mean fewer per transaction, because its lines are held in memory."""

OnProblem = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A source to import, and its name in problems and revisions."""

    name: str
    lines: Iterable[Line]


def import_feed(
    files: Iterable[FeedFile],
    *,
    origin: Origin,
    atomic: bool = False,
    dry_run: bool = False,
    on_problem: OnProblem = lambda _: None,
) -> FeedReport:
    """Import the files in order, in bounded memory; return the counts.

    A bad line is refused and reported to `on_problem`; the others are kept. With `atomic` the first
    bad line refuses all files and nothing is written. With `dry_run` the report is the same and
    nothing is written. Both keep one transaction open to the end. Raises NotAllowed without
    accounting.import_feed.
    """
    origin.require("accounting.import_feed")
    origin = replace(origin, channel="feed")
    report = FeedReport()
    try:
        with _held_together(atomic=atomic, dry_run=dry_run):
            for file in files:
                source = _as_text(file.name)
                for lines in _portions(file.lines):
                    portion = Chunk(source, lines, origin, stops_at_problem=atomic)
                    report.add(portion.run())
                    refresh_outgrown_statistics(_written_models())
                    for problem in portion.problems:
                        on_problem(problem)
    except FirstProblem as stopped:
        on_problem(stopped.problem)
        return FeedReport(refused=1)
    return report


def import_lines(
    lines: ByteLines,
    *,
    source: str,
    origin: Origin,
    atomic: bool = False,
    dry_run: bool = False,
    on_problem: OnProblem = lambda _: None,
) -> FeedReport:
    """Import one file, upload or body, named `source`; see `import_feed`."""
    return import_feed(
        [FeedFile(source, read_lines(lines))],
        origin=origin,
        atomic=atomic,
        dry_run=dry_run,
        on_problem=on_problem,
    )


@contextmanager
def _held_together(*, atomic: bool, dry_run: bool) -> Iterator[None]:
    if not (atomic or dry_run):
        yield
        return
    with transaction.atomic():
        yield
        if dry_run:
            transaction.set_rollback(True)


@functools.cache
def _written_models() -> tuple[type[Model], ...]:
    """Return what feeding writes, with what the database itself writes then; no other tables.

    Only these: an atomic feed would keep others from refreshing statistics until it ends.
    """
    documents = (
        model
        for name in ("invoices", "payments")
        for model in apps.get_app_config(name).get_models()
    )
    return (*documents, Finding, InvoiceListRow, PaymentListRow, UnbatchedInvoice, CandidatePayment)


def _as_text(name: str) -> str:
    """Return a file's name with undecodable bytes escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def _portions(lines: Iterable[Line]) -> Iterator[list[Line]]:
    portion: list[Line] = []
    size = 0
    for line in lines:
        portion.append(line)
        size += line.size
        if len(portion) == LINES_A_TRANSACTION or size >= BYTES_A_TRANSACTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
