"""`undo_batch`: undo and release, with what a person must reverse (operations.md, Commands)."""

import pytest

from accounting.models import Batch
from accounting.tests.factories import make_batch, make_failed_batch, make_ready_batch
from accounting.tests.management.running import run
from accounting.tests.readings import unbatched
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def test_what_comes_back_and_what_to_reverse(origin: Origin) -> None:
    ann = make_customer(name="Ann", origin=origin)
    invoice = make_invoice("1", customer=ann, origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=payment, amount=5000, origin=origin)
    first = make_batch(origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(9), reason="Wrong.", origin=origin)
    ran = run("undo_batch", first.pk, "--reason", "Wrong month.", "--yes", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "undone": [first.pk],
        "released": [],
        "returned": [
            {"kind": "invoice_insert", "documents": 1, "total": "150.00", "newer": 1},
            {"kind": "payment_insert", "documents": 1, "total": "100.00", "newer": 1},
        ],
        "refunds_freed": 1,
        "to_reverse": [
            {
                "batch": first.pk,
                "file": "3 Payment Inserts",
                "number": "P-1",
                "customer": "Ann",
                "date": "2026-11-03",
                "amount": "100.00",
                "what_to_do": "Delete this payment in QuickBooks.",
            },
            {
                "batch": first.pk,
                "file": "1 Invoice Inserts",
                "number": "1",
                "customer": "Ann",
                "date": "2026-11-02",
                "amount": "150.00",
                "what_to_do": "Delete this invoice in QuickBooks.",
            },
        ],
    }
    first.refresh_from_db()
    assert (first.status, first.undo_reason) == ("undone", "Wrong month.")
    assert unbatched() == [("invoice_insert", "1", 9), ("payment_insert", "P-1", 10000)]
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.actor_name, event.note) == ("batch.undone", "ops", "Wrong month.")


def test_what_people_read(origin: Origin) -> None:
    make_invoice("1", customer=make_customer(name="Ann"), origin=origin)
    batch = make_batch(name="November", origin=origin)
    ran = run("undo_batch", batch.pk, "--reason", "Wrong.", "--yes")
    remedy = "Delete this invoice in QuickBooks."
    assert ran.out.splitlines() == [
        f"Batch {batch.pk} (November.zip) is undone.",
        "Unbatched again:",
        "  New invoice: 1, 150.00",
        "Nothing in QuickBooks has changed. If the files were loaded, reverse in this order:",
        f"  batch {batch.pk} file 1: 1, Ann, 11/02/2026, 150.00: {remedy}",
    ]


def two_that_depend(origin: Origin) -> tuple[Batch, Batch]:
    invoice = make_invoice("1", origin=origin)
    first = make_ready_batch(origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    return first, make_ready_batch(origin=origin)


def test_a_dependency_is_a_conflict_naming_the_batches(origin: Origin) -> None:
    first, second = two_that_depend(origin)
    ran = run("undo_batch", first.pk, "--reason", "Wrong.", "--yes", "--json")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"Batch {first.pk} cannot be undone alone: batch {second.pk} has payments on invoices "
        f"that batch {first.pk} sent. Undo it together with them, newest first, or leave it "
        "as it is."
    )
    assert set(Batch.objects.values_list("status", flat=True)) == {"ready"}


def test_with_dependents_newest_first(origin: Origin) -> None:
    first, second = two_that_depend(origin)
    ran = run("undo_batch", first.pk, "--reason", "Wrong.", "--with-dependents", "--yes", "--json")
    assert (ran.code, ran.object["undone"]) == (0, [second.pk, first.pk])
    assert set(Batch.objects.values_list("status", flat=True)) == {"undone"}


def test_nobody_at_a_terminal_needs_yes(origin: Origin) -> None:
    make_invoice(origin=origin)
    batch = make_ready_batch(origin=origin)
    ran = run("undo_batch", batch.pk, "--reason", "Wrong.")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "There is no terminal to ask at: pass --yes."
    batch.refresh_from_db()
    assert batch.status == "ready"


def test_a_failed_batch_is_released_and_nothing_is_to_be_reversed(origin: Origin) -> None:
    make_invoice("1", origin=origin)
    batch = make_failed_batch(origin=origin)
    ran = run("undo_batch", batch.pk, "--reason", "Never mind.", "--yes", "--json")
    assert ran.code == 0
    assert (ran.object["released"], ran.object["to_reverse"]) == ([batch.pk], [])
    assert unbatched() == [("invoice_insert", "1", 15000)]
    assert AuditEvent.objects.latest("pk").action == "batch.released"


def test_undoing_twice_is_refused_and_changes_nothing(origin: Origin) -> None:
    make_invoice(origin=origin)
    batch = make_ready_batch(origin=origin)
    assert run("undo_batch", batch.pk, "--reason", "Wrong.", "--yes").code == 0
    ran = run("undo_batch", batch.pk, "--reason", "Again.", "--yes")
    assert ran.code == 1
    assert ran.err == f"Batch {batch.pk} has already been undone. Nothing was changed."
    batch.refresh_from_db()
    assert batch.undo_reason == "Wrong."


def test_a_blank_reason_is_refused(origin: Origin) -> None:
    make_invoice(origin=origin)
    batch = make_ready_batch(origin=origin)
    ran = run("undo_batch", batch.pk, "--reason", " ", "--yes")
    assert (ran.code, ran.err) == (1, "Enter a reason for the undo.")


def test_a_batch_that_is_not_there_is_a_usage_error() -> None:
    ran = run("undo_batch", 99, "--reason", "Wrong.", "--yes")
    assert (ran.code, ran.err) == (2, "There is no batch 99.")


def test_an_accountant_may_not(origin: Origin) -> None:
    make_invoice(origin=origin)
    batch = make_ready_batch(origin=origin)
    make_user("Accountant", username="acc")
    ran = run("undo_batch", batch.pk, "--reason", "Wrong.", "--yes", "--user", "acc")
    assert ran.code == 1
    assert ran.err.startswith("acc isn't allowed to do this (it requires accounting.undo_batch).")
    batch.refresh_from_db()
    assert batch.status == "ready"
