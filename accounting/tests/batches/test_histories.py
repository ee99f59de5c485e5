"""For any history, undoing a batch leaves the same state as without the batch (domain.md §8).

And the files add up, to the cent, to what the batch claimed.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchItem
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import items_of, unbatched, unbatched_rows
from accounting.workbooks.layouts import FILES
from accounting.zips.downloads import file_rows
from invoices.models import Customer, Invoice
from invoices.services.invoices import change_invoice, hold_invoice, resume_invoice, void_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.models import Payment
from payments.services.payments import (
    dispute_payment,
    reallocate_payment,
    remove_payment,
    restore_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import DomainError
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

AMOUNT_COLUMNS = {
    "invoice_insert": "Product/Service Amount",
    "invoice_update": "Product/Service Amount",
    "payment_insert": "Amount",
    "payment_update": "Amount",
    "journal": "Amount",
    "credit_memo": "Product/Service Amount",
}


class Step(NamedTuple):
    """A step; `which` and `other` select a document by its index, modulo."""

    act: str
    which: int
    other: int
    cents: int


class BatchOf(NamedTuple):
    """A batch of exactly these documents."""

    number: int
    documents: tuple[tuple[str, str, int], ...]


@dataclass
class History:
    """A small company: its documents, and the steps that were not refused."""

    origin: Origin
    customer: Customer
    invoices: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    done: list[Step | BatchOf] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)

    def try_step(self, step: Step) -> None:
        """Do a step, if it is possible and not refused."""
        if step.act == "batch":
            self.batch_some(step)
        elif step.act == "undo":
            self.undo_one(step)
        else:
            with suppress(DomainError):
                if self.do(step):
                    self.done.append(step)

    def do(self, step: Step) -> bool:
        """Do something to the documents; False if there is no suitable one."""
        act = getattr(self, step.act)
        needs_invoice = step.act in ("change", "void", "hold", "resume", "credit")
        needs_payment = step.act in ("refund", "move", "dispute", "restore", "remove")
        if (needs_invoice and not self.invoices) or (needs_payment and not self.payments):
            return False
        with transaction.atomic():
            act(step)
        return True

    def an_invoice(self, place: int) -> Invoice:
        return Invoice.objects.get(pk=self.invoices[place % len(self.invoices)].pk)

    def a_payment(self, place: int) -> Payment:
        return Payment.objects.get(pk=self.payments[place % len(self.payments)].pk)

    def invoice(self, step: Step) -> None:
        self.invoices.append(
            make_invoice(
                f"I{len(self.invoices)}",
                customer=self.customer,
                total=step.cents,
                origin=self.origin,
            )
        )

    def change(self, step: Step) -> None:
        change_invoice(
            invoice=self.an_invoice(step.which),
            values=make_invoice_values(step.cents),
            reason="x",
            origin=self.origin,
        )

    def void(self, step: Step) -> None:
        void_invoice(invoice=self.an_invoice(step.which), note="x", origin=self.origin)

    def hold(self, step: Step) -> None:
        hold_invoice(invoice=self.an_invoice(step.which), note="x", origin=self.origin)

    def resume(self, step: Step) -> None:
        resume_invoice(invoice=self.an_invoice(step.which), origin=self.origin)

    def credit(self, step: Step) -> None:
        count = sum(isinstance(each, Step) and each.act == "credit" for each in self.done)
        make_credit_memo(f"C{count}", invoice=self.an_invoice(step.which), origin=self.origin)

    def pay(self, step: Step) -> None:
        invoices = [self.an_invoice(step.which)] if self.invoices and step.which % 3 else []
        self.payments.append(
            make_payment(
                f"P{len(self.payments)}",
                customer=self.customer,
                amount=step.cents,
                allocations=tuple((each, max(step.cents - 10, 1)) for each in invoices),
                origin=self.origin,
            )
        )

    def refund(self, step: Step) -> None:
        count = sum(isinstance(each, Step) and each.act == "refund" for each in self.done)
        make_refund(
            f"R{count}",
            payment=self.a_payment(step.which),
            amount=step.cents,
            origin=self.origin,
        )

    def move(self, step: Step) -> None:
        invoices = [self.an_invoice(step.other)] if self.invoices else []
        reallocate_payment(
            payment=self.a_payment(step.which),
            allocations=tuple((each, step.cents) for each in invoices),
            reason="x",
            origin=self.origin,
        )

    def dispute(self, step: Step) -> None:
        dispute_payment(payment=self.a_payment(step.which), note="x", origin=self.origin)

    def restore(self, step: Step) -> None:
        restore_payment(payment=self.a_payment(step.which), note="x", origin=self.origin)

    def remove(self, step: Step) -> None:
        remove_payment(payment=self.a_payment(step.which), note="x", origin=self.origin)

    def batch_some(self, step: Step) -> None:
        """Batch the rows of Unbatched selected by the bits of `which`, or all."""
        rows = unbatched()
        chosen = [row for place, row in enumerate(rows) if step.which >> place & 1] or rows
        if chosen:
            self.batch_these(BatchOf(len(self.batches), tuple(chosen)))
            assert_files_add_up(self.batches[-1])

    def batch_these(self, these: BatchOf) -> None:
        batch = make_ready_batch(
            *((kind, number) for kind, number, _ in these.documents), origin=self.origin
        )
        assert sorted(items_of(batch)) == sorted(these.documents)
        self.batches.append(batch)
        self.done.append(these)

    def undo_one(self, step: Step) -> None:
        if not self.batches:
            return
        batch = self.batches[step.which % len(self.batches)]
        with suppress(DomainError):
            gone = undo_batch(
                batch_id=batch.pk, reason="x", with_dependents=True, origin=self.origin
            )
            self.undone |= {self.batches.index(each) for each in gone}

    def state(self) -> list[tuple[Any, ...]]:
        """Return the rows of Unbatched, each with the revision that the books have."""
        sent = dict(BatchItem.objects.newest().values_list("pk", "fingerprint"))
        return [
            (
                row.kind,
                row.number,
                row.date,
                row.amount_cents,
                row.fingerprint,
                sent[row.previous_id] if row.previous_id else None,
            )
            for row in unbatched_rows()
        ]


def assert_files_add_up(batch: Batch) -> None:
    """The rows of each file are, to the cent, the amounts of its items."""
    items = items_of(batch)
    for file in FILES:
        if file.kind not in AMOUNT_COLUMNS:
            continue
        shown = file_rows(batch, file.number, limit=1000)
        headers = [column.header for column in shown.columns]
        place = headers.index(AMOUNT_COLUMNS[file.kind])
        cents = [row[place] for row in shown.rows]
        if file.kind == "journal":
            assert sum(cents) == 0
            cents = [each for each in cents if each > 0]
        assert sum(cents) == sum(amount for kind, _, amount in items if kind == file.kind)
    assert batch.total_cents == sum(amount for _, _, amount in items)


@contextmanager
def forgotten_afterwards() -> Iterator[History]:
    """Yield a company without documents, in a transaction that is rolled back."""
    with transaction.atomic():
        origin = make_origin()
        yield History(origin, make_customer(origin=origin))
        transaction.set_rollback(True)


def assert_everything_can_be_batched(history: History) -> None:
    """Batch everything until nothing is left: payments may be one batch after their invoices."""
    for _ in range(4):
        if not unbatched():
            return
        history.batch_some(Step("batch", 0, 0, 0))
    assert unbatched() == []


def repeat(history: History, done: list[Step | BatchOf]) -> None:
    for each in done:
        if isinstance(each, BatchOf):
            history.batch_these(each)
        else:
            assert history.do(each)
            history.done.append(each)


DOCUMENT_ACTS = (
    *("invoice", "pay") * 3,
    *("change", "refund", "move") * 2,
    *("credit", "void", "hold", "resume", "dispute", "restore", "remove"),
)


def steps_of(*acts: str) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        act=st.sampled_from(acts),
        which=st.integers(0, 15),
        other=st.integers(0, 3),
        cents=st.sampled_from([100, 200, 300]),
    )


ROUNDS = st.lists(
    st.tuples(
        st.lists(steps_of(*DOCUMENT_ACTS), max_size=3),
        steps_of("batch"),
        st.lists(steps_of("undo"), max_size=1),
    ),
    min_size=2,
    max_size=3,
)
BEGINNING = [Step("invoice", 0, 0, 300), Step("pay", 1, 0, 200), Step("invoice", 0, 0, 200)]


Rounds = list[tuple[list[Step], Step, list[Step]]]


def assert_undone_is_as_if_never_made(rounds: Rounds, last: Step) -> None:
    with forgotten_afterwards() as history:
        for step in BEGINNING:
            history.try_step(step)
        for changes, batch, undos in rounds:
            for step in (*changes, batch, *undos):
                history.try_step(step)
        history.try_step(last)
        left = history.state()
        done, undone = list(history.done), history.undone
        assert_everything_can_be_batched(history)
    with forgotten_afterwards() as other:
        repeat(
            other,
            [each for each in done if not (isinstance(each, BatchOf) and each.number in undone)],
        )
        assert other.state() == left


@pytest.mark.slow
@settings(max_examples=10)
@given(rounds=ROUNDS, last=steps_of("undo"))
def test_undone_batches_leave_what_the_history_has_without_them(rounds: Rounds, last: Step) -> None:
    assert_undone_is_as_if_never_made(rounds, last)


@pytest.mark.exhaustive
@settings(max_examples=400)
@given(rounds=ROUNDS, last=steps_of("undo"))
def test_the_same_for_many_more_histories(rounds: Rounds, last: Step) -> None:
    assert_undone_is_as_if_never_made(rounds, last)
