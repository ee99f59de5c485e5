"""Deadlocks and serialization conflicts, provoked by other sessions (reliability.md D4)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction

from accounting.tests.batches.test_races import in_a_thread, own, who_waits
from faults.books import breaches
from faults.workers import until
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import make_invoice, make_invoice_values
from payments.tests.factories import make_payment
from sera_batching.database.locks import BOOKS_LOCK_KEY, exclusive_books_lock
from sera_batching.database.transactions import was_given_up
from sera_batching.origin import Origin

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


class Rival:
    """Another session, whom PostgreSQL never makes the victim: it would notice in an hour only."""

    def __init__(self) -> None:
        self.connection = connections.create_connection("default")
        self.connection.inc_thread_sharing()
        self.execute("SET deadlock_timeout = '1h'")
        self.connection.set_autocommit(False)

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def lock_row(self, table: str, pk: int) -> None:
        self.execute(f"SELECT 1 FROM {table} WHERE id = {pk} FOR UPDATE")

    def lock_books(self) -> None:
        self.execute(f"SELECT pg_advisory_xact_lock({BOOKS_LOCK_KEY})")

    def let_go(self) -> None:
        self.connection.rollback()


@contextmanager
def a_rival() -> Iterator[Rival]:
    rival = Rival()
    try:
        yield rival
    finally:
        rival.connection.close()


def in_session(setting: str, act: Callable[[], object]) -> Callable[[], None]:
    """Return the act, done in a session with a setting of its own."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET {setting}")
        act()

    return run


def waiters() -> int:
    """Return how many sessions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def wait_for_a_waiter(thread: threading.Thread) -> None:
    """Wait until a session of this database waits for a lock; the thread is one that must."""

    def is_there() -> bool:
        assert thread.is_alive()
        return waiters() > 0

    until(is_there, "a session that waits")


NOTICES_A_DEADLOCK = "deadlock_timeout = '5s'"


def attempts_given_up(caplog: pytest.LogCaptureFixture) -> int:
    return sum("was given up" in record.getMessage() for record in caplog.records)


def test_an_edit_that_was_a_deadlock_s_victim_is_done_again(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice("7", origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)

    def edit() -> None:
        change_invoice(
            invoice=Invoice.objects.get(pk=invoice.pk),
            values=make_invoice_values(16000),
            reason="x",
            origin=own(origin.user),
        )

    with a_rival() as rival:
        rival.lock_row("payments_payment", payment.pk)
        thread, raised = in_a_thread(in_session(NOTICES_A_DEADLOCK, edit))
        wait_for_a_waiter(thread)
        # Returns when the edit, which holds the invoice, was given up.
        rival.lock_row("invoices_invoice", invoice.pk)
        rival.let_go()
        thread.join(timeout=60)
    assert (raised, attempts_given_up(caplog)) == ([], 1)
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    assert (invoice.current_revision.sequence, invoice.current_revision.total_cents) == (2, 16000)
    assert breaches() == []


def test_an_edit_that_is_a_victim_three_times_is_refused_and_changes_nothing(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice("7", origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)

    def edit() -> None:
        change_invoice(
            invoice=Invoice.objects.get(pk=invoice.pk),
            values=make_invoice_values(16000),
            reason="x",
            origin=own(origin.user),
        )

    with a_rival() as rival:
        rival.lock_row("payments_payment", payment.pk)
        thread, raised = in_a_thread(in_session("deadlock_timeout = '2s'", edit))
        while thread.is_alive():
            until(lambda: waiters() > 0 or not thread.is_alive(), "an edit that waits or is over")
            # Keeps the payment and gives the invoice back: so each attempt meets the same rival,
            # also one that takes the invoice again before the rival awoke.
            rival.execute("SAVEPOINT with_the_payment")
            rival.lock_row("invoices_invoice", invoice.pk)
            rival.execute("ROLLBACK TO SAVEPOINT with_the_payment")
        thread.join(timeout=60)
    assert [was_given_up(error) for error in raised] == [True]
    assert attempts_given_up(caplog) == 2
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    assert (invoice.current_revision.sequence, invoice.current_revision.total_cents) == (1, 15000)
    assert breaches() == []


def test_an_edit_that_cannot_be_serialized_is_done_again(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice("7", origin=origin)

    def edit(total: int) -> None:
        change_invoice(
            invoice=Invoice.objects.get(pk=invoice.pk),
            values=make_invoice_values(total),
            reason="x",
            origin=own(origin.user),
        )

    with transaction.atomic():
        exclusive_books_lock()
        thread, raised = in_a_thread(
            in_session("default_transaction_isolation = 'repeatable read'", lambda: edit(9000))
        )
        # Asks pg_locks: pg_stat_activity stays as it was within a transaction.
        assert who_waits()
        # The other has its view of the books already, without this.
        edit(8000)
    thread.join(timeout=60)
    assert (raised, attempts_given_up(caplog)) == ([], 1)
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    assert (invoice.current_revision.sequence, invoice.current_revision.total_cents) == (3, 9000)
