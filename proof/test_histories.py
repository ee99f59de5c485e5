"""Random histories in the application and in the model: both must always agree."""

import os
from datetime import date
from secrets import randbits
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from proof.batching import Selection
from proof.comparing import Closing, Comparing
from proof.documents import Record
from proof.draws import FIRST_DOCUMENTS, RECORDS
from proof.meeting import COMMON, MET, RARELY
from proof.selections import draw_selection, draw_undoing
from proof.universe import draw_closing_date
from proof.world import CUSTOMERS, KEYS, beginning, draw_customer, one_of, seldom

FEW: Final = 6
MANY: Final = int(os.environ.get("HISTORY_EXAMPLES", "300"))
ENOUGH: Final = 200
"""This many histories must have contained everything in `COMMON`."""
AT_A_TIME: Final = 10
"""After this many histories Hypothesis mostly repeats parts of earlier ones."""
SEED: Final = int(os.environ.get("HISTORY_SEED", "0" if os.environ.get("CI") else randbits(32)))
STEP_COUNT: Final = int(os.environ.get("HISTORY_STEPS", "25"))
IS_SHRUNK: Final = os.environ.get("HISTORY_SHRINK", "1") == "1"
"""Shrinking a failing history takes minutes."""

STEPS: Final = (
    "retry",
    *["invoice"] * 4,
    *["payment"] * 4,
    *["refund"] * 2,
    *["invoice action"] * 2,
    *["payment action"] * 2,
    *["invoice page"] * 4,
    *["payment page"] * 4,
    *["customer page"],
    *["party", "batched before"],
    *["credit memo"] * 2,
    *["batch"] * 7,
    *["undo"] * 4,
    *["late confirmation"] * 2,
    *["failing batch"] * 2,
    *["rebuild", "feed again", "closing date"],
)
"""What happens in histories, the usual more often."""
WHILE_OPEN: Final = (
    *("invoice", "payment", "refund", "invoice action", "payment action"),
    *("invoice page", "payment page", "customer page"),
)
"""What arrives while a confirmation window is open."""


class Histories(Comparing):
    """The steps of a history; each ends with a comparison."""

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
        for number in CUSTOMERS:
            self.feed(draw_customer(data.draw, number, KEYS[number][0]))
        if not seldom(data.draw, 6):
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
        if seldom(data.draw, 10):
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
        batch = draw_undoing(data.draw, self.model)
        with_dependents = data.draw(one_of(True, True, False))
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
        """A failed batch is built again: its content is what was frozen at claim."""
        for batch in self.model.batches:
            if batch.status == "failed":
                self.history.retry(batch.number)
                self.application.retry(batch.number)
                batch.status, batch.has_zip = "ready", True
                self.compare_files(batch)

    def rebuild(self) -> None:
        """A batch is built again: the same content, regardless of what happened since."""
        for batch in self.model.batches[1:]:
            if batch.has_zip:
                is_same = self.application.content_is_reproducible(batch.number)
                self.same(f"Batch {batch.number} is the same when built again", is_same, True)


def run(examples: int) -> None:
    """Generate this many histories; the first that differs is printed, to be replayed."""
    MET.clear()
    for made in range(0, examples, AT_A_TIME):
        run_state_machine_as_test(
            seed(SEED + made)(Histories),
            settings=settings(
                max_examples=min(AT_A_TIME, examples - made),
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
        assert [what for what in COMMON if MET[what] * RARELY < MANY] == [], dict(MET)
