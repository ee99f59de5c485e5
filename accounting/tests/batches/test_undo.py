"""Undoing and releasing batches restores the exact state, once, never partly (domain.md §8)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import release_batch, undo_batch
from accounting.models import OPENING_BATCH_ID, Batch, BatchItem, RefundUse
from accounting.tests.factories import make_batch, make_failed_batch, make_ready_batch
from accounting.tests.readings import (
    items_of,
    payment_rows,
    unbatched,
    unbatched_rows,
    warnings_of,
    zip_of,
)
from accounting.tests.scenes import make_every_kind
from accounting.zips.downloads import open_zip
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import make_invoice, make_invoice_values, make_origin
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import Conflict, NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def invoice(origin: Origin) -> Invoice:
    return make_invoice("7", origin=origin)


def change(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


def undo(batch: Batch, origin: Origin, **options: Any) -> tuple[Batch, ...]:
    return undo_batch(batch_id=batch.pk, reason="wrong month", origin=origin, **options)


# What is unbatched again


def test_undo_restores_the_exact_state_before(origin: Origin) -> None:
    make_every_kind(origin, count=2)
    before = unbatched_rows()
    assert len(before) == 12
    newest = list(BatchItem.objects.newest().order_by("pk").values_list("pk"))
    uses = list(RefundUse.objects.filter(is_live=True).values_list("pk"))
    batch = make_ready_batch(origin=origin)
    assert unbatched_rows() == []
    assert undo(batch, origin) == (batch,)
    assert unbatched_rows() == before
    assert list(BatchItem.objects.newest().order_by("pk").values_list("pk")) == newest
    assert list(RefundUse.objects.filter(is_live=True).values_list("pk")) == uses
    assert not batch.items.live().exists()
    again = make_ready_batch(origin=origin)
    assert items_of(again) == items_of(batch)


def test_inserts_come_back_with_their_newest_content(invoice: Invoice, origin: Origin) -> None:
    batch = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    assert unbatched() == [("invoice_update", "7", 9000)]
    undo(batch, origin)
    assert unbatched() == [("invoice_insert", "7", 9000)]


def test_an_update_comes_back_against_the_previous_live_form(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_ready_batch(origin=origin)
    change(invoice, 8000, origin)
    third = make_ready_batch(origin=origin)
    assert undo(second, origin, with_dependents=True) == (third, second)
    assert unbatched() == [("invoice_update", "7", 8000)]
    assert BatchItem.objects.newest().get() == first.items.get()
    change(invoice, 15000, origin)
    assert unbatched() == []


def test_any_batch_that_none_depends_on_can_be_undone(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    first = make_ready_batch(origin=origin)
    make_invoice("8", origin=origin)
    second = make_ready_batch(origin=origin)
    undo(first, origin)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    second.refresh_from_db()
    assert (second.status, items_of(second)) == ("ready", [("invoice_insert", "8", 15000)])
    assert second.items.get().is_newest is True


def test_an_earlier_batch_that_names_its_invoice_does_not_stand_in_the_way(
    invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, origin=origin)
    earlier = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    later = make_ready_batch(("invoice_insert", "7"), origin=origin)
    assert unbatched() == [("payment_update", "P-1", 15000)]
    undo(later, origin)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    assert payment_rows(earlier, "P-1") == [("7", 15000)]
    assert warnings_of(earlier) == [("P-1", "14", 15000)]


# What is kept


def test_who_when_and_why_are_kept_and_the_zip_stays(invoice: Invoice, origin: Origin) -> None:
    batch = make_batch(origin=origin)
    zipped = zip_of(batch)
    admin = make_origin()
    undo(batch, admin)
    batch.refresh_from_db()
    assert (batch.status, batch.undone_by, batch.undo_reason, batch.is_released) == (
        "undone",
        admin.user,
        "wrong month",
        False,
    )
    assert batch.undone_at is not None
    assert (batch.is_live, batch.has_zip) == (False, True)
    with open_zip(batch=batch, origin=admin) as file:
        assert file.read() == zipped
    event = AuditEvent.objects.get(action="batch.undone")
    assert (event.actor, event.target_id, event.before, event.after, event.note) == (
        admin.user,
        str(batch.pk),
        {"status": "ready"},
        {"status": "undone", "documents": 1, "with": None},
        "wrong month",
    )


def test_items_rows_and_warnings_of_an_undone_batch_stay(origin: Origin) -> None:
    make_every_kind(origin)
    batch = make_ready_batch(origin=origin)
    items = items_of(batch)
    rows = payment_rows(batch, "new-0")
    undo(batch, origin)
    assert (items_of(batch), payment_rows(batch, "new-0")) == (items, rows)
    assert set(batch.items.values_list("is_live", "is_newest")) == {(False, False)}


# Dependents


def test_a_batch_that_another_depends_on_is_not_undone_alone(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    make_payment("P-1", invoice=invoice, amount=100, origin=origin)
    second = make_ready_batch(origin=origin)
    message = (
        f"Batch {first.pk} cannot be undone alone: batch {second.pk} has payments on invoices "
        f"that batch {first.pk} sent and updates what batch {first.pk} sent. Undo it together "
        "with them, newest first, or leave it as it is."
    )
    with refused(message, error=Conflict):
        undo(first, origin)
    assert undo(first, origin, with_dependents=True) == (second, first)
    assert unbatched() == [("invoice_insert", "7", 9000), ("payment_insert", "P-1", 100)]
    events = AuditEvent.objects.filter(action="batch.undone").order_by("pk")
    assert [(event.target_id, event.after["with"], event.note) for event in events] == [
        (str(second.pk), first.pk, "wrong month"),
        (str(first.pk), None, "wrong month"),
    ]


def test_dependents_of_dependents_go_too(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    second = make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    third = make_ready_batch(origin=origin)
    make_invoice("8", origin=origin)
    fourth = make_ready_batch(origin=origin)
    assert undo(first, origin, with_dependents=True) == (third, second, first)
    fourth.refresh_from_db()
    assert fourth.status == "ready"
    assert unbatched() == [("invoice_insert", "7", 15000), ("payment_insert", "P-1", 14900)]


def test_a_failed_dependent_is_released_along(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_failed_batch(origin=origin)
    assert undo(first, origin, with_dependents=True) == (second, first)
    second.refresh_from_db()
    assert (second.status, second.is_released) == ("undone", True)
    assert AuditEvent.objects.get(action="batch.released").target_id == str(second.pk)


@pytest.mark.parametrize("status", ["queued", "building"])
def test_a_dependent_that_is_being_built_stands_in_the_way_of_both(
    invoice: Invoice, origin: Origin, status: str
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_batch(is_built=False, origin=origin)
    Batch.objects.filter(pk=second.pk).update(status=status, lease_until=second.queued_at)
    with refused(
        f"Batch {second.pk}, which depends on batch {first.pk}, is being built; "
        "wait until it is ready."
    ):
        undo(first, origin, with_dependents=True)


# Refused, and nothing changed


def test_undoing_twice_is_refused(invoice: Invoice, origin: Origin) -> None:
    batch = make_ready_batch(origin=origin)
    undo(batch, origin)
    with refused(f"Batch {batch.pk} has already been undone. Nothing was changed."):
        undo(batch, origin)
    make_ready_batch(origin=origin)
    with refused(f"Batch {batch.pk} has already been undone. Nothing was changed."):
        undo(batch, origin, with_dependents=True)


@pytest.mark.parametrize("status", ["queued", "building"])
def test_a_batch_on_its_way_is_not_undone(invoice: Invoice, origin: Origin, status: str) -> None:
    batch = make_batch(is_built=False, origin=origin)
    Batch.objects.filter(pk=batch.pk).update(status=status, lease_until=batch.queued_at)
    message = f"Batch {batch.pk} is being built; wait until it is ready, then undo it."
    with refused(message):
        undo(batch, origin)
    with refused(message):
        release_batch(batch_id=batch.pk, reason="x", origin=origin)


def test_the_opening_batch_is_never_undone(invoice: Invoice, origin: Origin) -> None:
    put_in_opening_batch(document=invoice, origin=origin)
    message = "The Opening batch stands for what was already in the books. It can't be undone."
    for act in (undo_batch, release_batch):
        with refused(message):
            act(batch_id=OPENING_BATCH_ID, reason="x", origin=origin)


def test_an_undo_says_why(invoice: Invoice, origin: Origin) -> None:
    batch = make_ready_batch(origin=origin)
    with refused("Enter a reason for the undo."):
        undo_batch(batch_id=batch.pk, reason="  ", origin=origin)


def test_a_batch_that_is_not_there(origin: Origin) -> None:
    with refused("There is no batch 999."):
        undo_batch(batch_id=999, reason="x", origin=origin)


@pytest.mark.parametrize("role", ["", "Office", "Accountant"])
def test_only_admins_undo_and_release(invoice: Invoice, role: str) -> None:
    ready = make_ready_batch()
    make_invoice("8")
    failed = make_failed_batch()
    other = make_origin(role)
    with refused(
        f"{other.user} isn't allowed to do this (it requires accounting.undo_batch). Ask your "
        "company's admin.",
        error=NotAllowed,
    ):
        undo(ready, other)
    with refused(
        f"{other.user} isn't allowed to do this (it requires accounting.release_batch). Ask "
        "your company's admin.",
        error=NotAllowed,
    ):
        release_batch(batch_id=failed.pk, reason="x", origin=other)


# Release


def test_releasing_a_failed_batch_gives_its_items_back(invoice: Invoice, origin: Origin) -> None:
    batch = make_failed_batch(origin=origin)
    assert unbatched() == []
    with refused(f"Batch {batch.pk} has failed; retry it, or release its items."):
        undo(batch, origin)
    assert release_batch(batch_id=batch.pk, reason="x", origin=origin) == (batch,)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    batch.refresh_from_db()
    assert (batch.status, batch.is_released, batch.has_zip, batch.undo_reason) == (
        "undone",
        True,
        False,
        "x",
    )
    with refused(f"Batch {batch.pk} has already been undone. Nothing was changed."):
        release_batch(batch_id=batch.pk, reason="x", origin=origin)


def test_a_ready_batch_is_not_released(invoice: Invoice, origin: Origin) -> None:
    batch = make_ready_batch(origin=origin)
    with refused(f"Batch {batch.pk} has not failed; undo it instead."):
        release_batch(batch_id=batch.pk, reason="x", origin=origin)


def test_releasing_asks_for_dependents_like_an_undo(invoice: Invoice, origin: Origin) -> None:
    first = make_failed_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_failed_batch(origin=origin)
    with refused(
        f"Batch {first.pk} cannot be undone alone: batch {second.pk} updates what batch "
        f"{first.pk} sent. Undo it together with them, newest first, or leave it as it is.",
        error=Conflict,
    ):
        release_batch(batch_id=first.pk, reason="x", origin=origin)


# Statements


def test_thirty_six_documents_are_undone_in_as_many_statements_as_six(origin: Origin) -> None:
    counts = []
    for count in (1, 6):
        make_every_kind(origin, count=count, prefix=f"{count}-")
        batch = make_ready_batch(origin=origin)
        assert batch.document_count == 6 * count
        with CaptureQueriesContext(connection) as queries:
            undo(batch, origin)
        counts.append(len(queries))
        make_ready_batch(origin=origin)
    assert counts[0] == counts[1]
