"""What changes between the confirmation window and its confirmation (domain.md §4).

What changed is left out and named, nothing new is added, and the user is asked again.
"""

from collections.abc import Callable

import pytest

from accounting.batches.confirm import Confirmation, DraftChanged, confirm_draft
from accounting.batches.draft_changes import find_changed
from accounting.batches.undo import undo_batch
from accounting.models import Batch, Draft
from accounting.tests.factories import draft_of, make_ready_batch
from accounting.tests.readings import items_of, unbatched
from invoices.models import Customer, Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_invoice,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
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
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    """There is also an invoice that does not change."""
    make_invoice("still", total=100, customer=customer, origin=origin)
    return make_invoice("7", customer=customer, origin=origin)


@pytest.fixture
def payment(invoice: Invoice, origin: Origin) -> Payment:
    return make_payment("P-1", invoice=invoice, amount=5000, origin=origin)


def confirmed(draft: Draft, *, leaves_out_moved: bool = False) -> Confirmation:
    return confirm_draft(
        draft_id=draft.pk,
        name="B",
        origin=Origin(user=draft.user),
        leaves_out_moved=leaves_out_moved,
        is_built_here=True,
    )


def moved(draft: Draft) -> list[tuple[str, str, str]]:
    return [(each.kind, each.number, each.reason) for each in find_changed(draft)]


def change(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


def test_nothing_moved(payment: Payment, origin: Origin) -> None:
    assert moved(draft_of(origin=origin)) == []


# Each kind of change, and its reason


COLON = (
    'The accounting key "Doe: Jane" contains a colon. Change the accounting key: QuickBooks '
    "doesn't allow this in a customer's name."
)
INVOICE_MOVES: dict[str, tuple[Callable[[Invoice, Origin], object], str]] = {
    "changed": (lambda invoice, origin: change(invoice, 9000, origin), "It was changed."),
    "held": (
        lambda invoice, origin: hold_invoice(invoice=invoice, note="x", origin=origin),
        "It was marked Do Not Batch.",
    ),
    "unlocked": (
        lambda invoice, origin: unlock_invoice(invoice=invoice, reason="x", origin=origin),
        "It was unlocked for editing.",
    ),
    "void": (
        lambda invoice, origin: void_invoice(invoice=invoice, note="x", origin=origin),
        "It is now void.",
    ),
    "cancelled": (
        lambda invoice, origin: cancel_invoice(invoice=invoice, reason="x", origin=origin),
        "It is now cancelled.",
    ),
    "blocked": (
        lambda invoice, origin: change_accounting_key(
            customer=invoice.customer, accounting_key="Doe: Jane", reason="x", origin=origin
        ),
        COLON,
    ),
}


@pytest.mark.parametrize("name", INVOICE_MOVES)
@pytest.mark.parametrize("is_update", [False, True], ids=["insert", "update"])
def test_an_invoice_that_moved_is_named(origin: Origin, name: str, is_update: bool) -> None:
    act, reason = INVOICE_MOVES[name]
    make_invoice("still", total=100, origin=origin)
    invoice = make_invoice("7", origin=origin)
    if is_update:
        make_ready_batch(("invoice_insert", "7"), origin=origin)
        change(invoice, 8000, origin)
    draft = draft_of(origin=origin)
    act(invoice, origin)
    kind = "invoice_update" if is_update else "invoice_insert"
    assert moved(draft) == [(kind, "7", reason)]
    result = confirmed(draft, leaves_out_moved=True)
    assert items_of(result.batch) == [("invoice_insert", "still", 100)]
    assert result.left_out == [{"kind": kind, "number": "7", "reason": reason}]


PAYMENT_MOVES: dict[str, tuple[Callable[[Payment, Origin], object], str]] = {
    "re-pointed": (
        lambda payment, origin: reallocate_payment(
            payment=payment, allocations=(), reason="x", origin=origin
        ),
        "It or an invoice that it pays was changed.",
    ),
    "refunded in part": (
        lambda payment, origin: make_refund(payment=payment, amount=1, origin=origin),
        "It was refunded.",
    ),
    "refunded": (
        lambda payment, origin: make_refund(payment=payment, amount=5000, origin=origin),
        "It was refunded.",
    ),
    "disputed": (
        lambda payment, origin: dispute_payment(payment=payment, note="x", origin=origin),
        "It is now disputed.",
    ),
    "removed": (
        lambda payment, origin: remove_payment(payment=payment, note="x", origin=origin),
        "It is now removed.",
    ),
}


@pytest.mark.parametrize("name", PAYMENT_MOVES)
def test_a_payment_that_moved_is_named(payment: Payment, origin: Origin, name: str) -> None:
    act, reason = PAYMENT_MOVES[name]
    draft = draft_of(("payment_insert", "P-1"), ("invoice_insert", "still"), origin=origin)
    act(payment, origin)
    assert moved(draft) == [("payment_insert", "P-1", reason)]
    result = confirmed(draft, leaves_out_moved=True)
    assert items_of(result.batch) == [("invoice_insert", "still", 100)]


def test_an_invoice_takes_its_payments_along(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    draft = draft_of(origin=origin)
    change(invoice, 9000, origin)
    assert moved(draft) == [
        ("invoice_insert", "7", "It was changed."),
        ("payment_insert", "P-1", "It or an invoice that it pays was changed."),
    ]


def test_a_held_invoice_takes_its_payments_along(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert moved(draft) == [
        ("payment_insert", "P-1", "One of its invoices was marked Do Not Batch.")
    ]


def test_a_refund_after_the_batch_does_not_move_an_update(payment: Payment, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)
    draft = draft_of(("payment_update", "P-1"), origin=origin)
    make_refund("R-1", payment=payment, amount=1, origin=origin)
    assert moved(draft) == []


def test_a_journal_whose_payment_came_out_of_the_books_is_left_out(
    payment: Payment, origin: Origin
) -> None:
    batch = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_refund("R-1", payment=payment, amount=1, origin=origin)
    draft = draft_of(("journal", "R-1"), ("invoice_insert", "still"), origin=origin)
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert moved(draft) == [
        (
            "journal",
            "R-1",
            ("It no longer needs batching because the document that it belongs to has changed."),
        )
    ]
    batch = confirmed(draft, leaves_out_moved=True).batch
    assert items_of(batch) == [("invoice_insert", "still", 100)]
    assert unbatched() == [("invoice_insert", "7", 15000), ("payment_insert", "P-1", 4999)]


def test_a_journal_whose_payment_was_changed_is_left_out_and_stays_unbatched(
    payment: Payment, origin: Origin
) -> None:
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_refund("R-1", payment=payment, amount=1, origin=origin)
    draft = draft_of(("journal", "R-1"), origin=origin)
    reallocate_payment(payment=payment, allocations=(), reason="x", origin=origin)
    assert moved(draft) == [("journal", "R-1", "Its payment was changed.")]
    assert ("journal", "R-1", 1) in unbatched()


def test_an_update_whose_batch_was_undone_is_left_out(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(("invoice_insert", "7"), origin=origin)
    change(invoice, 9000, origin)
    draft = draft_of(("invoice_update", "7"), origin=origin)
    undo_batch(batch_id=first.pk, reason="x", origin=origin)
    assert moved(draft) == [("invoice_update", "7", "The batch that it depends on was undone.")]


def test_credit_memos_move_with_their_invoice(invoice: Invoice, origin: Origin) -> None:
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    batch = make_ready_batch(("invoice_insert", "7"), origin=origin)
    draft = draft_of(("credit_memo", "CM-1"), origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert moved(draft) == [("credit_memo", "CM-1", "Its invoice was marked Do Not Batch.")]
    resume_invoice(invoice=invoice, origin=origin)
    assert moved(draft) == []
    change(invoice, 9000, origin)
    make_ready_batch(("invoice_update", "7"), origin=origin)
    assert [number for _, number, _ in moved(draft)] == ["CM-1"]
    undo_batch(batch_id=batch.pk, reason="x", with_dependents=True, origin=origin)
    assert [number for _, number, _ in moved(draft)] == ["CM-1"]


def test_what_somebody_else_batched_is_named_with_who_and_where(
    payment: Payment, origin: Origin
) -> None:
    draft = draft_of(origin=origin)
    other = make_origin("Accountant")
    batch = make_ready_batch(("invoice_insert", "7"), ("payment_insert", "P-1"), origin=other)
    reason = f"It was put in batch {batch.pk} by {other.user}."
    assert moved(draft) == [
        ("invoice_insert", "7", reason),
        ("payment_insert", "P-1", reason),
    ]


def test_what_was_batched_and_undone_meanwhile_has_not_moved(
    invoice: Invoice, origin: Origin
) -> None:
    draft = draft_of(origin=origin)
    batch = make_ready_batch(origin=make_origin())
    assert len(moved(draft)) == 2
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert moved(draft) == []


def test_moved_and_back_is_not_moved(payment: Payment, invoice: Invoice, origin: Origin) -> None:
    draft = draft_of(origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    dispute_payment(payment=payment, note="x", origin=origin)
    assert len(moved(draft)) == 2
    resume_invoice(invoice=invoice, origin=origin)
    restore_payment(payment=payment, note="x", origin=origin)
    assert moved(draft) == []


# The profile decides what is blocked


def test_another_profile_blocks_what_it_cannot_take(origin: Origin) -> None:
    make_invoice("123456789012", origin=origin)
    draft = draft_of(origin=origin)
    Company.objects.update(profile="desktop")
    (found,) = moved(draft)
    assert found[2].startswith("The invoice number 123456789012 has 12 characters; QuickBooks D")


# Confirming


def test_the_user_is_asked_again_with_what_moved_taken_out(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    draft = draft_of(origin=origin)
    change(invoice, 9000, origin)
    with pytest.raises(DraftChanged) as caught:
        confirmed(draft)
    left_out = [
        {"kind": "invoice_insert", "number": "7", "reason": "It was changed."},
        {
            "kind": "payment_insert",
            "number": "P-1",
            "reason": "It or an invoice that it pays was changed.",
        },
    ]
    assert caught.value.moved == left_out
    assert str(caught.value) == (
        "2 of the selected documents changed before you confirmed, such as 7: It was "
        "changed. They were left out; review the batch and confirm again."
    )
    assert Batch.objects.count() == 0
    draft.refresh_from_db()
    assert draft.left_out == left_out
    assert list(draft.items.values_list("number", flat=True)) == ["still"]
    result = confirmed(draft)
    assert (result.left_out, result.is_new) == ([], True)
    assert items_of(result.batch) == [("invoice_insert", "still", 100)]


def test_the_newest_form_is_not_swept_in(invoice: Invoice, origin: Origin) -> None:
    draft = draft_of(origin=origin)
    change(invoice, 9000, origin)
    make_invoice("new", origin=origin)
    result = confirmed(draft, leaves_out_moved=True)
    assert items_of(result.batch) == [("invoice_insert", "still", 100)]
    assert unbatched() == [("invoice_insert", "7", 9000), ("invoice_insert", "new", 15000)]


def test_approving_again_unchanged_is_another_revision_and_moves(
    invoice: Invoice, origin: Origin
) -> None:
    draft = draft_of(("invoice_insert", "7"), origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert moved(draft) == [("invoice_insert", "7", "It was changed.")]


def test_when_everything_moved_nothing_is_batched(invoice: Invoice, origin: Origin) -> None:
    draft = draft_of(("invoice_insert", "7"), origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    message = (
        "Nothing is left to batch: every selected document has changed since you opened this "
        "window."
    )
    with refused(message):
        confirmed(draft, leaves_out_moved=True)
    with pytest.raises(DraftChanged):
        confirmed(draft)
    with refused(message):
        confirmed(draft)


def test_looking_for_moves_changes_nothing(payment: Payment, origin: Origin) -> None:
    draft = draft_of(origin=origin)
    dispute_payment(payment=payment, note="x", origin=origin)
    with unchanging():
        assert len(moved(draft)) == 1
