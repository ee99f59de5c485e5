"""The lines of one transaction: all committed together, each with a savepoint of its own."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from django.db import DataError, IntegrityError, transaction

from feed.bulk import BulkRun, Entry, apply_together, take_back
from feed.fields import FieldError
from feed.handlers import Outcome, apply_record, is_unchanged
from feed.lines import Line
from feed.lookups import ReferencedDocuments
from feed.parsing import Problem, parse_line
from feed.records import Record
from sera_batching import audit
from sera_batching.database.locks import shared_books_lock
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.exceptions import DomainError, ServiceDown
from sera_batching.origin import Origin

LONGEST_SOURCE: Final = 480
WHOLE_RECORD: Final = "record"
"""The field of a problem with a valid record that a rule refuses."""
REFUSALS: Final = (FieldError, DomainError, IntegrityError, DataError)


@dataclass(slots=True)
class FeedReport:
    """The results of the lines; blank lines do not count."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def count(self, outcome: Outcome) -> None:
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def add(self, other: "FeedReport") -> None:
        for name, number in other.to_json().items():
            setattr(self, name, getattr(self, name) + number)

    def to_json(self) -> dict[str, int]:
        return asdict(self)


class FirstProblem(Exception):
    """The first problem of an atomic import."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Chunk:
    """The lines of one transaction, to be imported by `run`."""

    def __init__(
        self, source: str, lines: list[Line], origin: Origin, *, stops_at_problem: bool
    ) -> None:
        self.source = source
        self.lines = lines
        self.origin = origin
        self.stops_at_problem = stops_at_problem
        self.problems: list[Problem] = []
        self.report = FeedReport()

    def run(self) -> FeedReport:
        """Import the lines; retry if the database aborted the transaction."""
        self._import([(line.number, _parse(line)) for line in self.lines])
        return self.report

    @retry_when_given_up
    @transaction.atomic
    def _import(self, parsed: list[tuple[int, Record | FieldError]]) -> None:
        self.problems, self.report = [], FeedReport()
        shared_books_lock()
        documents = ReferencedDocuments()
        documents.load(record for _, record in parsed if isinstance(record, Record))
        run = BulkRun()
        for line, record in parsed:
            if not isinstance(record, FieldError):
                if is_unchanged(record, documents):
                    self.report.count(Outcome.UNCHANGED)
                    continue
                if run.takes(record, documents):
                    run.add(self._entry(line, record))
                    continue
            self._apply_run(run.entries, documents)
            run = BulkRun()
            if isinstance(record, FieldError):
                self._refuse(line, record)
            elif run.takes(record, documents):
                run.add(self._entry(line, record))
            elif is_unchanged(record, documents):
                self.report.count(Outcome.UNCHANGED)
            else:
                self._apply(self._entry(line, record), documents)
        self._apply_run(run.entries, documents)
        if self.report.created or self.report.changed:
            self._write_audit_row()

    def _entry(self, line: int, record: Record) -> Entry:
        return Entry(line, record, self.origin.at(f"{self.source[-LONGEST_SOURCE:]}:{line}"))

    def _apply_run(self, entries: Sequence[Entry], documents: ReferencedDocuments) -> None:
        """Create new documents together; if one is refused, each half separately."""
        if len(entries) < 2:
            for entry in entries:
                self._apply(entry, documents)
            return
        try:
            with transaction.atomic():
                apply_together(entries, documents)
        except ServiceDown:
            raise
        except REFUSALS:
            take_back(entries, documents)
            middle = len(entries) // 2
            self._apply_run(entries[:middle], documents)
            self._apply_run(entries[middle:], documents)
        else:
            self.report.created += len(entries)

    def _apply(self, entry: Entry, documents: ReferencedDocuments) -> None:
        """Apply one record; leave nothing if it is refused."""
        try:
            with transaction.atomic():
                self.report.count(
                    apply_record(entry.record, documents=documents, origin=entry.origin)
                )
        except ServiceDown:
            raise
        except REFUSALS as error:
            documents.forget(entry.record)
            self._refuse(entry.line, error)

    def _refuse(self, line: int, error: Exception) -> None:
        if isinstance(error, FieldError):
            problem = Problem(self.source, line, error.field, error.reason)
        else:
            problem = Problem(self.source, line, WHOLE_RECORD, _reason_of(error))
        if self.stops_at_problem:
            raise FirstProblem(problem)
        self.report.refused += 1
        self.problems.append(problem)

    def _write_audit_row(self) -> None:
        first, last = self.lines[0].number, self.lines[-1].number
        source = f"{self.source[-LONGEST_SOURCE:]}:{first}-{last}"
        audit.record(
            origin=self.origin.at(source), action="feed.imported", after=self.report.to_json()
        )


def _parse(line: Line) -> Record | FieldError:
    try:
        return parse_line(line)
    except FieldError as error:
        return error


def _reason_of(error: Exception) -> str:
    if isinstance(error, DomainError):
        return str(error)
    return f"the database rejected it: {str(error).strip().splitlines()[0]}"
