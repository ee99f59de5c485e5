"""One history in the application and in the model, and what must be equal in both."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from proof.application import Application
from proof.batching import FILES, Batch, Selection, files_of
from proof.documents import Record
from proof.history import History
from proof.meeting import CHECKS, MET
from proof.model import Model

REPLAYED_OF: Final = 3
"""One of this many histories is replayed without what was undone in it."""


@dataclass(frozen=True)
class Closing:
    """The closing date was changed."""

    closing_date: date | None


class Comparing(RuleBasedStateMachine):
    """One history in both; its steps are up to the histories."""

    def __init__(self) -> None:
        """Begin a transaction that is never kept."""
        super().__init__()
        self._begin()
        self.model = Model()
        self.events: list[Record | Batch | Closing] = []
        self.history = History()
        self.has_failed = False

    def teardown(self) -> None:
        """Check the books again, and discard the history."""
        try:
            if not self.has_failed:
                self.check_books()
                self.compare_without_undone()
        finally:
            self._roll_back()

    def _begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.application = Application()

    def _roll_back(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def same(self, what: str, application: Any, model: Any) -> None:
        """Fail with the history if the application differs from the model."""
        if application != model:
            self.has_failed = True
            message = [f"{what}:", f"  application: {application}", f"  model:       {model}"]
            if isinstance(application, list) and isinstance(model, list):
                message.append(f"  only application: {[x for x in application if x not in model]}")
                message.append(f"  only model:       {[x for x in model if x not in application]}")
            raise AssertionError("\n".join([*message, "", str(self.history)]))

    def compare(self) -> None:
        """Compare everything that the next batch depends on."""
        rows = self.application.rows()
        self.same("Unbatched", self.application.sorted_rows(rows), self.model.unbatched())
        blocked = self.model.blocked()
        MET["blocked"] += bool(blocked)
        MET["closed"] += bool(blocked and self.model.closing_date)
        self.same("Blocked", self.application.blocked(rows), blocked)
        self.same("Follow-ups", self.application.open_follow_ups(), self.model.open_follow_ups())

    def check_books(self) -> None:
        """Every invariant holds."""
        self.same("Breaches", self.application.breaches(), [])

    def compare_dependents(self) -> None:
        """Compare which batches stand in the way of which."""
        for batch in self.model.batches[1:]:
            if batch.is_live:
                self.same(
                    f"Dependents of batch {batch.number}",
                    self.application.dependents(batch.number),
                    [each.number for each in self.model.dependents(batch)],
                )

    def compare_files(self, batch: Batch) -> None:
        """Compare every row of every file, and the totals with the items."""
        for item in batch.items:
            MET[item.kind] += 1
            MET.update(f"check {check}" for check in item.checks)
        said, meant = self.application.files(batch.number), files_of(batch)
        said[7] = sorted(row for row in said[7] if row[2] in CHECKS)
        meant[7] = [row for row in meant[7] if row[2] in CHECKS]
        for file in range(1, 8):
            self.same(f"File {file} of batch {batch.number}", said[file], meant[file])
        totals = dict.fromkeys(range(1, 8), 0)
        for item in batch.items:
            totals[FILES[item.kind]] += item.amount
        self.same("Totals", self.application.totals(batch.number), totals)

    def compare_without_undone(self) -> None:
        """Compare with the same history, had the undone batches never been (domain.md §8)."""
        model = Model()
        for event in self.events:
            if isinstance(event, Closing):
                model.closing_date = event.closing_date
            elif not isinstance(event, Batch):
                model.feed(event)
            elif event.is_live:
                model.batches.append(event)
        what = "Unbatched of the history without what was undone"
        self.same(what, model.unbatched(), self.model.unbatched())
        has_undone = any(not batch.is_live for batch in self.model.batches)
        if not has_undone or len(self.events) % REPLAYED_OF:
            return
        MET["replayed"] += 1
        self._roll_back()
        self._begin()
        for event in self.events:
            if isinstance(event, Closing):
                self.application.close_books(event.closing_date)
            elif not isinstance(event, Batch):
                self.application.feed(event)
            elif event.is_live:
                names = tuple(f"{item.kind}:{item.number}" for item in event.items)
                self.application.make_batch(Selection(include=names))
        self.same(what, self.application.unbatched(), self.model.unbatched())
