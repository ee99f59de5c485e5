"""Random histories in the application and in the model: whatever happens, both say the same."""

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from proof.application import Application
from proof.batching import FILES, Batch, Selection, files_of
from proof.documents import Record
from proof.draws import FIRST_DOCUMENTS, RECORDS
from proof.history import History
from proof.model import Model
from proof.selections import draw_selection
from proof.universe import draw_closing_date
from proof.world import beginning, seldom

FEW: Final = 6
MANY: Final = int(os.environ.get("HISTORY_EXAMPLES", "300"))
ENOUGH: Final = 200
"""So many histories must have met everything in `COMMON`."""
STEP_COUNT: Final = int(os.environ.get("HISTORY_STEPS", "25"))
IS_SHRUNK: Final = os.environ.get("HISTORY_SHRINK", "1") == "1"
"""Making a failing history small takes minutes."""
REPLAYED_OF: Final = 3
"""One of so many histories is played again without what was undone in it."""

CHECKS: Final = ("8", "12", "14", "15", "15b", "16", "18", "20")
"""The checks of `workbooks.md` that both know of."""

STEPS: Final = (
    *["invoice"] * 5,
    *["payment"] * 4,
    *["refund"] * 3,
    *["invoice action"] * 2,
    *["payment action"] * 2,
    *["invoice page"] * 3,
    *["payment page"] * 3,
    *["customer page"],
    *["party", "credit memo", "batched before"],
    *["batch"] * 6,
    *["undo"] * 3,
    *["late confirmation"] * 2,
    *["failing batch", "retry", "rebuild", "feed again", "closing date"],
)
"""What happens in histories, the usual more often."""
COMMON: Final = (
    *FILES,
    *(f"check {check}" for check in CHECKS),
    *("blocked", "closed"),
    *("undone", "undone with dependents", "undo refused", "released", "replayed"),
    *("confirmed late", "left out late", "fed again"),
)
"""What must happen in every tenth history at least, or the draws prove little."""
MET: Final[Counter[str]] = Counter()
"""What happened, and how often, since `run` began."""
WHILE_OPEN: Final = (
    *("invoice", "payment", "refund", "invoice action", "payment action"),
    *("invoice page", "payment page", "customer page"),
)
"""What comes in while somebody looks at a confirmation window."""


@dataclass(frozen=True)
class Closing:
    """The closing date was changed."""

    closing_date: date | None


class Histories(RuleBasedStateMachine):
    """One history in both; each step ends with a comparison."""

    def __init__(self) -> None:
        """Begin a transaction that is never kept."""
        super().__init__()
        self._begin()
        self.model = Model()
        self.events: list[Record | Batch | Closing] = []
        self.history = History()
        self.has_failed = False

    def teardown(self) -> None:
        """Check the books once more, and throw the history away."""
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

    # Comparing

    def same(self, what: str, application: Any, model: Any) -> None:
        """Fail with the history when the application says something else than the model."""
        if application != model:
            self.has_failed = True
            message = [f"{what}:", f"  application: {application}", f"  model:       {model}"]
            if isinstance(application, list) and isinstance(model, list):
                message.append(f"  only application: {[x for x in application if x not in model]}")
                message.append(f"  only model:       {[x for x in model if x not in application]}")
            raise AssertionError("\n".join([*message, "", str(self.history)]))

    def compare(self) -> None:
        """Compare all that the next batch depends on."""
        self.same("Unbatched", self.application.unbatched(), self.model.unbatched())
        blocked = self.model.blocked()
        MET["blocked"] += bool(blocked)
        MET["closed"] += bool(blocked and self.model.closing_date)
        self.same("Blocked", self.application.blocked(), blocked)
        self.same("Follow-ups", self.application.open_follow_ups(), self.model.open_follow_ups())

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

    # Steps

    def feed(self, record: Record) -> None:
        """Feed a record to both."""
        self.history.feed(record)
        is_taken = self.model.feed(record)
        if is_taken:
            self.events.append(record)
            MET[f"page {record.get('act')}"] += record["type"] == "page"
        outcome, reason = self.application.feed(record)
        self.same(f"Taken: {record} ({reason})", outcome != "refused", is_taken)

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Begin with departments, customers and jobs, and mostly with a few documents."""
        for record in beginning():
            self.feed(record)
        if not seldom(data.draw, 3):
            for draw_record in FIRST_DOCUMENTS:
                self.feed(draw_record(data.draw, self.model.documents))
            self.compare()

    @rule(data=st.data(), step=st.sampled_from(STEPS))
    def step(self, data: st.DataObject, step: str) -> None:
        """Do one of the steps; a single rule, so that every history has all kinds of them."""
        documents = self.model.documents
        if step in RECORDS:
            for _ in range(data.draw(st.integers(1, 3))):
                self.feed(RECORDS[step](data.draw, documents))
            self.compare()
        elif step == "feed again":
            self.feed_again()
        elif step == "closing date":
            self.close_books(draw_closing_date(data.draw))
            self.compare()
        elif step == "batch":
            self.make_batch(data, fails=False)
        elif step == "failing batch":
            self.make_batch(data, fails=True)
        elif step == "late confirmation":
            self.confirm_late(data)
        elif step == "undo" and len(self.model.batches) > 1:
            self.undo(data)
        elif step == "retry":
            self.retry()
        elif step == "rebuild":
            self.rebuild()

    def close_books(self, closing_date: date | None) -> None:
        """The closing date is changed in both."""
        self.history.close_books(closing_date)
        self.events.append(Closing(closing_date))
        self.model.closing_date = closing_date
        self.application.close_books(closing_date)

    def check_books(self) -> None:
        """Every invariant holds."""
        self.same("Breaches", self.application.breaches(), [])

    def feed_again(self) -> None:
        """The last record of each document comes again, and changes nothing."""
        for record in self.model.documents.last_fed.values():
            self.same("Fed again", self.application.feed(record)[0], "unchanged")
        MET["fed again"] += 1
        self.compare()

    def make_batch(self, data: st.DataObject, *, fails: bool) -> None:
        """Make a batch in both and compare its files."""
        selection = draw_selection(data.draw, self.model)
        batch = self.model.make_batch(selection, status="failed" if fails else "ready")
        self.history.make_batch(selection, number=batch.number if batch else None, fails=fails)
        is_made = self.application.make_batch(selection, fails=fails)
        self.same("A batch was made", is_made, batch is not None)
        if batch is None:
            return
        self.events.append(batch)
        self.same("Status", self.application.status(batch.number), batch.status)
        if not fails:
            self.compare_files(batch)
        self.compare()
        self.compare_dependents()

    def confirm_late(self, data: st.DataObject) -> None:
        """Records come in while the confirmation window is open."""
        selection = draw_selection(data.draw, self.model)
        draft, draft_id = self.model.draft(selection), self.application.draft(selection)
        self.same("A draft was made", draft_id is not None, bool(draft))
        if draft_id is None:
            return
        self.history.comment("the confirmation window is opened for the next batch")
        if seldom(data.draw, 6):
            self.close_books(draw_closing_date(data.draw))
        for _ in range(data.draw(st.integers(1, 3))):
            kind = data.draw(st.sampled_from(WHILE_OPEN))
            self.feed(RECORDS[kind](data.draw, self.model.documents))
        batch = self.model.confirm(draft)
        left = {f"{item.kind}:{item.number}" for item in batch.items} if batch else set()
        if batch is not None:
            self.history.make_batch(Selection(include=tuple(sorted(left))), number=batch.number)
        MET["confirmed late"] += batch is not None
        MET["left out late"] += bool(set(draft) - left)
        self.same("It was confirmed", self.application.confirm(draft_id), batch is not None)
        if batch is not None:
            self.events.append(batch)
            self.compare_files(batch)
        self.compare()

    def undo(self, data: st.DataObject) -> None:
        """A batch is undone or released, alone or with its dependents, when it may be."""
        batch = data.draw(st.sampled_from(self.model.batches[1:]))
        with_dependents = data.draw(st.booleans())
        releases = batch.status == "failed"
        self.history.undo(batch.number, with_dependents=with_dependents)
        is_undone = self.application.undo(
            batch.number, with_dependents=with_dependents, releases=releases
        )
        dependents = self.model.dependents(batch)
        self.same("Undone", is_undone, self.model.undo(batch, with_dependents=with_dependents))
        MET["undone" if is_undone else "undo refused"] += 1
        MET["undone with dependents"] += bool(is_undone and dependents)
        MET["released"] += is_undone and releases
        self.compare()
        self.compare_dependents()

    def retry(self) -> None:
        """A failed batch is built after all: what it says is what it took down at claim."""
        for batch in self.model.batches:
            if batch.status == "failed":
                self.history.retry(batch.number)
                self.application.retry(batch.number)
                batch.status, batch.has_zip = "ready", True
                self.compare_files(batch)

    def rebuild(self) -> None:
        """A batch is built again: the same content, whatever happened since."""
        for batch in self.model.batches[1:]:
            if batch.has_zip:
                is_same = self.application.content_is_reproducible(batch.number)
                self.same(f"Batch {batch.number} is the same when built again", is_same, True)


def run(examples: int) -> None:
    """Make so many histories up; the first that differs is printed, to be played again."""
    MET.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEP_COUNT,
            phases=[phase for phase in Phase if IS_SHRUNK or phase != Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_application_and_model_agree_in_a_few_histories() -> None:
    run(FEW)


@pytest.mark.slow
@pytest.mark.django_db
def test_application_and_model_agree_in_many_histories() -> None:
    run(MANY)
    # In a few histories a rare thing may be missing, by chance.
    if MANY >= ENOUGH:
        assert [what for what in COMMON if MET[what] < MANY // 10] == [], dict(MET)
