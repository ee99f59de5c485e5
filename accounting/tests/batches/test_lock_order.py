"""Concurrent actions lock a job, an invoice and its payment in one order (ADR 24)."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from accounting.invariants import find_breaches
from accounting.models import PaymentListRow
from accounting.tests.batches.test_races import in_a_thread, own
from backoffice.actions.perform import preview_action, version_of
from invoices.models import Department, Invoice, Job
from invoices.services.editing import save_draft
from invoices.services.invoices import change_invoice
from invoices.services.parties import save_job
from invoices.tests.factories import (
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.models import Payment
from payments.services.freezing import lock_payment
from payments.services.payments import (
    change_payment,
    payment_values,
    reallocate_payment,
    remove_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

OnPayment = Callable[[Payment, Origin], object]
OnInvoice = Callable[[Invoice, Job, Origin], object]


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def department(origin: Origin) -> Department:
    return make_department("Plumbing", origin=origin)


@pytest.fixture
def job(origin: Origin) -> Job:
    return make_job("J-1", department=make_department("HVAC", origin=origin), origin=origin)


@pytest.fixture
def invoice(job: Job, origin: Origin) -> Invoice:
    return make_invoice("7", job=job, origin=origin)


@pytest.fixture
def payment(invoice: Invoice, job: Job, origin: Origin) -> Payment:
    return make_payment("P-1", invoice=invoice, job=job, origin=origin)


@contextmanager
def nobody_is_given_up(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Require that no service had to retry, and that the books are sound afterwards."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [each for each in caplog.messages if "was given up" in each] == []
    assert list(find_breaches()) == []


def wait_for_waiters(count: int) -> None:
    """Return when this many sessions of this database wait for a lock."""
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(DISTINCT waiting.pid) FROM pg_locks waiting"
                " JOIN pg_stat_activity session ON session.pid = waiting.pid"
                " AND session.datname = current_database() WHERE NOT waiting.granted"
            )
            if cursor.fetchone() == (count,):
                return
            # Otherwise a transaction sees the sessions as of its first query.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            time.sleep(0.02)
    raise AssertionError(f"There were not {count} sessions that wait.")


def moving_job(job: Job, department: Department, origin: Origin) -> Callable[[], Job]:
    return lambda: save_job(
        number=job.number,
        customer=job.customer,
        department=department,
        is_imported=False,
        origin=own(origin.user),
    )


def refund(payment: Payment, origin: Origin) -> None:
    make_refund("R-1", payment=payment, amount=4000, origin=origin)


def reallocate(payment: Payment, origin: Origin) -> None:
    reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)


def remove(payment: Payment, origin: Origin) -> None:
    remove_payment(payment=payment, note="x", origin=origin)


@pytest.mark.parametrize("act", [refund, reallocate, remove])
def test_a_job_moves_while_its_payment_changes(
    act: OnPayment,
    payment: Payment,
    job: Job,
    department: Department,
    origin: Origin,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with nobody_is_given_up(caplog):
        with transaction.atomic():
            lock_payment(payment)
            thread, raised = in_a_thread(moving_job(job, department, origin))
            wait_for_waiters(1)
            act(payment, origin)
        thread.join(timeout=20)
        assert raised == []
    assert PaymentListRow.objects.get().department == department


def edit(invoice: Invoice, job: Job, origin: Origin) -> None:
    change_invoice(
        invoice=invoice, values=make_invoice_values(9000, job=job), reason="x", origin=origin
    )


def save(invoice: Invoice, job: Job, origin: Origin) -> None:
    save_draft(
        invoice=invoice, values=make_invoice_values(9000, job=job), reason="x", origin=origin
    )


def look_first(invoice: Invoice, job: Job, origin: Origin) -> None:
    def act() -> Invoice:
        edit(invoice, job, origin)
        return invoice

    preview_action(act=act, document=invoice, version=version_of(invoice))


def change_its_payment(invoice: Invoice, job: Job, origin: Origin) -> None:
    payment = Payment.objects.get()
    change_payment(
        payment=payment,
        values=payment_values(payment),
        is_settled=False,
        reason="x",
        origin=origin,
    )


def look_at_its_payment_first(invoice: Invoice, job: Job, origin: Origin) -> None:
    payment = Payment.objects.get()

    def act() -> Payment:
        change_its_payment(invoice, job, origin)
        return payment

    preview_action(act=act, document=payment, version=version_of(payment))


@pytest.mark.parametrize(
    "act", [edit, save, look_first, change_its_payment, look_at_its_payment_first]
)
def test_a_job_moves_while_an_invoice_of_it_changes(
    act: OnInvoice,
    invoice: Invoice,
    payment: Payment,
    job: Job,
    department: Department,
    origin: Origin,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with nobody_is_given_up(caplog):
        with transaction.atomic():
            lock_payment(payment)
            editing, not_edited = in_a_thread(
                lambda: act(Invoice.objects.get(pk=invoice.pk), job, own(origin.user))
            )
            wait_for_waiters(1)
            moving, not_moved = in_a_thread(moving_job(job, department, origin))
            wait_for_waiters(2)
        editing.join(timeout=20)
        moving.join(timeout=20)
        assert (not_edited, not_moved) == ([], [])
    assert PaymentListRow.objects.get().department == department


def test_an_invoice_and_its_payment_are_edited_at_once(
    invoice: Invoice,
    payment: Payment,
    job: Job,
    origin: Origin,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with nobody_is_given_up(caplog):
        with transaction.atomic():
            lock_payment(payment)
            editing, not_edited = in_a_thread(lambda: edit(invoice, job, own(origin.user)))
            wait_for_waiters(1)
            changing, not_changed = in_a_thread(
                lambda: change_its_payment(invoice, job, own(origin.user))
            )
            wait_for_waiters(2)
        editing.join(timeout=20)
        changing.join(timeout=20)
        assert (not_edited, not_changed) == ([], [])
