"""Concurrent batching, each action on its own connection (reliability.md, D1 to D6, F9).

On PostgreSQL the books lock decides, on SQLite the single writer.
"""

import threading
import time
from pathlib import Path

import pytest
from django.db import OperationalError, connection, transaction

from accounting.batches.confirm import Confirmation, DraftChanged, confirm_draft
from accounting.batches.undo import release_batch, undo_batch
from accounting.models import Batch, BatchFile, BatchItem, Draft, FollowUp
from accounting.tests.factories import (
    confirm,
    draft_of,
    make_batch,
    make_failed_batch,
    make_ready_batch,
)
from accounting.tests.readings import items_of, payment_rows, unbatched
from accounting.zips.build import build_batch, retry_batch, take_lease
from invoices.models import Customer, Invoice
from invoices.services.invoices import change_invoice, hold_invoice
from invoices.services.merging import merge_customers
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.models import Payment, Refund
from payments.tests.factories import make_payment, make_refund
from sera_batching.database.locks import exclusive_books_lock
from sera_batching.exceptions import Conflict, Refused
from sera_batching.models import AuditEvent, User
from sera_batching.origin import Origin
from sera_batching.tests.at_once import Act, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def own(user: User) -> Origin:
    """Return an origin with its own user instance, because users cache their permissions."""
    return Origin(user=User.objects.get(pk=user.pk))


def confirming(draft: Draft, *, leaves_out_moved: bool = False) -> Act:
    def act() -> Confirmation:
        return confirm_draft(
            draft_id=draft.pk,
            name="B",
            origin=own(draft.user),
            leaves_out_moved=leaves_out_moved,
            is_built_here=True,
        )

    return act


def undoing(batch: Batch, user: User) -> Act:
    return lambda: undo_batch(batch_id=batch.pk, reason="x", origin=own(user))


@pytest.fixture
def origin() -> Origin:
    return make_origin()


# Confirming


def test_eight_users_confirm_overlapping_selections(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    numbers = [str(number) for number in range(10, 26)]
    for number in numbers:
        make_invoice(number, customer=customer, origin=origin)
    drafts = []
    for place in range(8):
        wanted = [numbers[(2 * place + step) % 16] for step in range(6)]
        drafts.append(
            draft_of(
                *(("invoice_insert", number) for number in wanted),
                origin=make_origin("Accountant"),
            )
        )
    wanted_by = {draft.pk: set(draft.items.values_list("number", flat=True)) for draft in drafts}
    results = at_once([confirming(draft, leaves_out_moved=True) for draft in drafts])
    live = BatchItem.objects.live()
    assert sorted(live.values_list("number", flat=True)) == numbers
    winners = {
        item.number: f"It was put in batch {item.batch_id} by {item.batch.created_by}."
        for item in live.select_related("batch__created_by")
    }
    for draft, result in zip(drafts, results, strict=True):
        if isinstance(result, Refused):
            assert str(result) == (
                "Nothing is left to batch: every selected document has changed since you "
                "opened this window."
            )
            continue
        assert isinstance(result, Confirmation)
        got = {number for _, number, _ in items_of(result.batch)}
        lost = {each["number"]: each["reason"] for each in result.left_out}
        assert got | lost.keys() == wanted_by[draft.pk]
        assert not got & lost.keys()
        assert lost == {number: winners[number] for number in lost}


def test_a_double_click_makes_one_batch(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    results = at_once([confirming(draft)] * 6)
    assert sorted(result.is_new for result in results) == [False] * 5 + [True]
    assert {result.batch for result in results} == {Batch.objects.get()}
    assert AuditEvent.objects.filter(action="batch.confirmed").count() == 1


def test_of_two_tabs_one_batches_and_the_other_is_told(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    drafts = [draft_of(origin=origin) for _ in range(2)]
    results = at_once([confirming(draft) for draft in drafts])
    (moved,) = (result for result in results if isinstance(result, DraftChanged))
    batch = Batch.objects.get()
    reason = f"It was put in batch {batch.pk} by {origin.user}."
    assert moved.moved == [{"kind": "invoice_insert", "number": "7", "reason": reason}]
    assert items_of(batch) == [("invoice_insert", "7", 15000)]


def test_payments_that_want_the_same_room_share_it(origin: Origin) -> None:
    invoice = make_invoice("7", total=10000, origin=origin)
    make_ready_batch(origin=origin)
    for number in ("P-1", "P-2"):
        make_payment(number, invoice=invoice, amount=5000, origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(6000), reason="x", origin=origin)
    drafts = [
        draft_of(("payment_insert", number), origin=make_origin()) for number in ("P-1", "P-2")
    ]
    results = at_once([confirming(draft) for draft in drafts])
    rows = [
        payment_rows(result.batch, number)
        for result, number in zip(results, ("P-1", "P-2"), strict=True)
    ]
    assert sorted(rows) == [[("7", 1000), ("", 4000)], [("7", 5000)]]


# Confirming while documents change


def test_an_edit_at_the_moment_of_confirming_is_before_it_or_after_it(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)

    def edit() -> None:
        change_invoice(
            invoice=Invoice.objects.get(pk=invoice.pk),
            values=make_invoice_values(9000),
            reason="x",
            origin=own(origin.user),
        )

    result, _ = at_once([confirming(draft), edit])
    if isinstance(result, DraftChanged):
        assert [each["reason"] for each in result.moved] == ["It was changed."]
        assert Batch.objects.count() == 0
        assert unbatched() == [("invoice_insert", "7", 9000)]
    else:
        assert items_of(result.batch) == [("invoice_insert", "7", 15000)]
        assert unbatched() == [("invoice_update", "7", 9000)]


def test_a_refund_at_the_moment_of_confirming_is_netted_or_a_journal(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    draft = draft_of(origin=origin)

    def refund() -> None:
        make_refund(
            "R-1",
            payment=Payment.objects.get(pk=payment.pk),
            amount=4000,
            origin=own(origin.user),
        )

    result, _ = at_once([confirming(draft), refund])
    if isinstance(result, DraftChanged):
        assert [each["reason"] for each in result.moved] == ["It was refunded."]
        assert unbatched() == [("payment_insert", "P-1", 11000)]
    else:
        assert items_of(result.batch) == [("payment_insert", "P-1", 15000)]
        assert unbatched() == [("journal", "R-1", 4000)]


def test_a_hold_at_the_moment_of_confirming_is_before_it_or_after_it(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)

    def hold() -> None:
        hold_invoice(invoice=Invoice.objects.get(pk=invoice.pk), note="x", origin=own(origin.user))

    result, _ = at_once([confirming(draft), hold])
    if isinstance(result, DraftChanged):
        assert [each["reason"] for each in result.moved] == ["It was marked Do Not Batch."]
        assert Batch.objects.count() == 0
    else:
        assert items_of(result.batch) == [("invoice_insert", "7", 15000)]
    assert unbatched() == []


# Undoing


def test_undo_against_undo(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    batch = make_ready_batch(origin=origin)
    results = at_once([undoing(batch, origin.user)] * 4)
    refusals = [str(result) for result in results if isinstance(result, Refused)]
    assert refusals == [f"Batch {batch.pk} has already been undone. Nothing was changed."] * 3
    assert AuditEvent.objects.filter(action="batch.undone").count() == 1
    assert unbatched() == [("invoice_insert", "7", 15000)]


def test_undo_against_a_confirmation_that_builds_on_the_batch(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    first = make_ready_batch(origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=origin)
    draft = draft_of(origin=origin)
    undone, confirmed = at_once([undoing(first, origin.user), confirming(draft)])
    first.refresh_from_db()
    if isinstance(undone, Conflict):
        assert isinstance(confirmed, Confirmation)
        assert (first.status, unbatched()) == ("ready", [])
        assert items_of(confirmed.batch) == [("invoice_update", "7", 9000)]
    else:
        assert isinstance(confirmed, DraftChanged)
        assert [each["reason"] for each in confirmed.moved] == [
            "The batch that it depends on was undone."
        ]
        assert (first.status, Batch.objects.count()) == ("undone", 1)
        assert unbatched() == [("invoice_insert", "7", 9000)]


def test_retry_against_release(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    batch = make_failed_batch(origin=origin)
    results = at_once(
        [
            lambda: retry_batch(batch_id=batch.pk, origin=own(origin.user)),
            lambda: release_batch(batch_id=batch.pk, reason="x", origin=own(origin.user)),
        ]
    )
    refusals = [str(result) for result in results if isinstance(result, Refused)]
    batch.refresh_from_db()
    if batch.status == "queued":
        assert refusals == [
            f"Batch {batch.pk} is being built; wait until it is ready, then undo it."
        ]
        assert unbatched() == []
    else:
        assert refusals == [f"Batch {batch.pk} is undone; only a failed batch can be built again."]
        assert unbatched() == [("invoice_insert", "7", 15000)]


# Building


def test_five_messages_at_once_make_one_build(origin: Origin, var_dir: Path) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    results = at_once([lambda: build_batch(batch_id=batch.pk)] * 5)
    assert sorted(results) == [False] * 4 + [True]
    batch.refresh_from_db()
    assert (batch.status, batch.attempt, BatchFile.objects.count()) == ("ready", 1, 7)
    assert [path.name for path in (var_dir / "batches").iterdir()] == [batch.storage_key]


def test_one_of_many_gets_the_lease(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    leases = at_once([lambda: take_lease(batch.pk)] * 5)
    assert [lease.attempt for lease in leases if lease] == [1]


# Waiting, and lost connections (PostgreSQL)


def who_waits() -> int:
    """Return the backend of the only connection that waits for a lock, once there is one."""
    with connection.cursor() as cursor:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            cursor.execute(
                "SELECT pid FROM pg_locks JOIN pg_database"
                " ON pg_database.oid = database AND datname = current_database()"
                " WHERE NOT granted"
            )
            if found := cursor.fetchone():
                return int(found[0])
            time.sleep(0.02)
    raise AssertionError("Nobody waits.")


def end_who_waits() -> None:
    """End the connection that waits for a lock, as a restart of the server would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [who_waits()])


def in_a_thread(act: Act) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


@pytest.mark.postgresql
def test_no_document_changes_while_a_batch_is_claimed_or_undone(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    with transaction.atomic():
        exclusive_books_lock()
        thread, raised = in_a_thread(
            lambda: make_refund("R-1", payment=payment, origin=own(origin.user))
        )
        assert who_waits()
        assert Refund.objects.count() == 0
    thread.join(timeout=10)
    assert (raised, Refund.objects.count()) == ([], 1)


@pytest.mark.postgresql
def test_a_connection_lost_while_confirming_batches_nothing(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    with transaction.atomic():
        exclusive_books_lock()
        thread, raised = in_a_thread(confirming(draft))
        end_who_waits()
    thread.join(timeout=10)
    assert [type(error) for error in raised] == [OperationalError]
    assert (Batch.objects.count(), unbatched()) == (0, [("invoice_insert", "7", 15000)])
    batch = confirm(draft, origin=own(origin.user))
    assert confirm(draft, origin=own(origin.user)) == batch


@pytest.mark.postgresql
def test_a_connection_lost_while_building_leaves_the_batch_to_the_next(
    origin: Origin, var_dir: Path
) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounting_itemwarning IN ACCESS EXCLUSIVE MODE")
        thread, raised = in_a_thread(lambda: build_batch(batch_id=batch.pk))
        end_who_waits()
    thread.join(timeout=10)
    assert [type(error) for error in raised] == [OperationalError]
    batch.refresh_from_db()
    assert (batch.status, batch.progress) == ("building", 7)
    assert build_batch(batch_id=batch.pk) is False
    Batch.objects.filter(pk=batch.pk).update(lease_until=batch.created_at)
    assert build_batch(batch_id=batch.pk) is True
    assert len(list((var_dir / "batches").iterdir())) == 1


# Customers


def merging(vanishing: Customer, survivor: Customer, user: User) -> Act:
    def act() -> Customer:
        return merge_customers(vanishing=vanishing, survivor=survivor, reason="x", origin=own(user))

    return act


def test_of_two_merges_that_contradict_each_other_one_is_made() -> None:
    origin = make_origin()
    one, other = (make_customer(origin=origin) for _ in range(2))

    results = at_once([merging(one, other, origin.user), merging(other, one, origin.user)])

    assert {type(result) for result in results} == {Customer, Refused}
    assert Customer.objects.filter(merged_into__isnull=False).count() == 1


def test_a_merge_beside_a_confirmation_comes_before_or_after_it() -> None:
    origin = make_origin()
    one, other = (make_customer(origin=origin) for _ in range(2))
    make_invoice("7", customer=one, origin=origin)
    draft = draft_of(origin=origin)

    merged, confirmed = at_once([merging(one, other, origin.user), confirming(draft)])

    assert isinstance(merged, Customer)
    assert isinstance(confirmed, Confirmation)
    item = BatchItem.objects.get()
    has_follow_up = FollowUp.objects.filter(cause="customer_merged").exists()
    # Batched under the old name and to be merged in QuickBooks, or under the new name.
    assert (item.customer, has_follow_up) in ((one, True), (other, False))
