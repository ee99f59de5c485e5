"""What raises a follow-up, and what supersedes it (domain.md §3).

The list itself: views/test_follow_ups.py.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.utils import timezone

from accounting.batches.undo import undo_batch
from accounting.follow_ups.close import close_follow_up
from accounting.models import Batch, BatchDownload, FollowUp
from accounting.tests.factories import make_batch, make_failed_batch, make_ready_batch
from invoices.models import Customer, Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import cancel_invoice, change_invoice, void_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.models import Payment
from payments.services.payments import (
    change_payment,
    dispute_payment,
    payment_values,
    remove_payment,
    restore_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("7", customer=customer, origin=origin)


@pytest.fixture
def payment(customer: Customer, origin: Origin) -> Payment:
    return make_payment("P-1", customer=customer, origin=origin)


def void(invoice: Invoice, origin: Origin) -> None:
    void_invoice(invoice=invoice, note="x", origin=origin)


def remove(payment: Payment, origin: Origin) -> None:
    remove_payment(payment=payment, note="x", origin=origin)


def dispute(payment: Payment, origin: Origin) -> None:
    dispute_payment(payment=payment, note="x", origin=origin)


def restore(payment: Payment, origin: Origin) -> None:
    restore_payment(payment=payment, note="x", origin=origin)


def rename(customer: Customer, key: str, origin: Origin) -> None:
    change_accounting_key(customer=customer, accounting_key=key, reason="x", origin=origin)


def change_amount(payment: Payment, cents: int, origin: Origin) -> None:
    change_payment(
        payment=payment,
        values=replace(payment_values(payment), amount_cents=cents),
        is_settled=True,
        reason="x",
        origin=origin,
    )


def undo(batch: Batch, origin: Origin) -> None:
    undo_batch(batch_id=batch.pk, reason="x", with_dependents=True, origin=origin)


def texts() -> list[tuple[str, str, str]]:
    """Return cause, problem and remedy of the open follow-ups."""
    return list(FollowUp.objects.open().order_by("pk").values_list("cause", "problem", "remedy"))


# Invoices


@pytest.mark.parametrize(
    ("act", "cause", "verb"),
    [
        (void, "invoice_voided", "voided"),
        (
            lambda invoice, origin: cancel_invoice(invoice=invoice, reason="x", origin=origin),
            "invoice_cancelled",
            "cancelled",
        ),
    ],
)
def test_a_batched_invoice_voided_or_cancelled_is_voided_in_quickbooks_by_hand(
    invoice: Invoice,
    origin: Origin,
    act: Callable[[Invoice, Origin], None],
    cause: str,
    verb: str,
) -> None:
    batch = make_ready_batch(origin=origin)
    act(invoice, origin)
    assert texts() == [
        (
            cause,
            f"Invoice 7 was {verb}; it went out in batch {batch.pk}.",
            "Void invoice 7 in QuickBooks; no file can do that.",
        )
    ]
    entry = FollowUp.objects.get()
    assert (entry.batch, entry.invoice, entry.payment, entry.customer, entry.amount_cents) == (
        batch,
        invoice,
        None,
        invoice.customer,
        15000,
    )
    act(invoice, origin)
    assert FollowUp.objects.count() == 1


def test_the_amount_is_what_was_last_sent_and_the_batch_the_one_that_inserted_it(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=origin)
    second = make_ready_batch(origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(8000), reason="x", origin=origin)
    void(invoice, origin)
    entry = FollowUp.objects.get()
    assert (entry.batch, entry.amount_cents) == (first, 9000)
    undo(second, origin)
    entry.refresh_from_db()
    assert entry.status == "open"
    undo(first, origin)
    entry.refresh_from_db()
    assert entry.status == "superseded"


def test_an_invoice_never_batched_asks_for_nothing(invoice: Invoice, origin: Origin) -> None:
    void(invoice, origin)
    assert texts() == []


def test_an_invoice_whose_batch_was_undone_asks_for_nothing(
    invoice: Invoice, origin: Origin
) -> None:
    undo(make_ready_batch(origin=origin), origin)
    void(invoice, origin)
    assert texts() == []


def test_a_batch_that_is_queued_or_failed_counts(customer: Customer, origin: Origin) -> None:
    one = make_invoice("7", customer=customer, origin=origin)
    make_batch(is_built=False, origin=origin)
    two = make_invoice("8", customer=customer, origin=origin)
    make_failed_batch(origin=origin)
    void(one, origin)
    void(two, origin)
    assert len(texts()) == 2


# Payments


def test_a_batched_payment_removed_is_deleted_in_quickbooks_by_hand(
    payment: Payment, origin: Origin
) -> None:
    batch = make_ready_batch(origin=origin)
    remove(payment, origin)
    assert texts() == [
        (
            "payment_removed",
            f"Payment P-1 was removed after it went out in batch {batch.pk}.",
            "Delete payment P-1 in QuickBooks.",
        )
    ]
    entry = FollowUp.objects.get()
    assert (entry.batch, entry.payment, entry.invoice, entry.customer, entry.amount_cents) == (
        batch,
        payment,
        None,
        payment.customer,
        15000,
    )


def test_a_batched_payment_disputed_is_taken_out_of_its_deposit_by_hand(
    payment: Payment, origin: Origin
) -> None:
    batch = make_ready_batch(origin=origin)
    dispute(payment, origin)
    assert texts() == [
        (
            "payment_disputed",
            f"Payment P-1 is disputed; it went out in batch {batch.pk}.",
            "Take payment P-1 out of its deposit in QuickBooks until the dispute is settled.",
        )
    ]


def test_a_restored_payment_asks_for_nothing_any_more(payment: Payment, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    dispute(payment, origin)
    restore(payment, origin)
    assert texts() == []
    entry = FollowUp.objects.get()
    assert (entry.status, entry.closed_by, entry.note) == (
        "superseded",
        origin.user,
        "The payment was restored.",
    )
    dispute(payment, origin)
    assert len(texts()) == 1


def test_a_restored_payment_that_was_taken_out_is_put_back_by_hand(
    payment: Payment, origin: Origin
) -> None:
    batch = make_ready_batch(origin=origin)
    dispute(payment, origin)
    close_follow_up(follow_up=FollowUp.objects.get(), note="Taken out.", origin=origin)
    restore(payment, origin)
    problem = (
        f"Payment P-1, sent in batch {batch.pk}, is no longer disputed but is out of its deposit."
    )
    remedy = "Put payment P-1 back into its deposit in QuickBooks."
    assert texts() == [("payment_restored", problem, remedy)]
    dispute(payment, origin)
    restore(payment, origin)
    assert [cause for cause, _, _ in texts()] == ["payment_restored"]
    undo(batch, origin)
    assert texts() == []


@pytest.mark.parametrize("act", [remove, dispute])
def test_a_payment_not_in_the_books_asks_for_nothing(
    payment: Payment, origin: Origin, act: Callable[[Payment, Origin], None]
) -> None:
    undo(make_ready_batch(origin=origin), origin)
    act(payment, origin)
    assert texts() == []


def test_a_payment_removed_while_disputed_has_both(payment: Payment, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    dispute(payment, origin)
    remove(payment, origin)
    assert [cause for cause, _, _ in texts()] == ["payment_disputed", "payment_removed"]


def test_a_payment_changed_to_what_was_netted_is_deleted_by_hand(
    payment: Payment, origin: Origin
) -> None:
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    batch = make_ready_batch(origin=origin)
    change_amount(payment, 4001, origin)
    assert texts() == []
    change_amount(payment, 4000, origin)
    assert texts() == [
        (
            "payment_emptied",
            f"Nothing is left of payment P-1 after its refunds; it went out in batch {batch.pk}.",
            "Delete payment P-1 in QuickBooks: no file can carry a payment of 0.00.",
        )
    ]


def test_a_payment_of_which_something_is_left_again_asks_for_nothing_any_more(
    payment: Payment, origin: Origin
) -> None:
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_ready_batch(origin=origin)
    change_amount(payment, 4000, origin)
    change_amount(payment, 6000, origin)
    (entry,) = FollowUp.objects.all()
    assert entry.status == FollowUp.Status.SUPERSEDED
    assert entry.note == "The payment has an amount left again."


def test_a_journaled_refund_empties_no_payment(payment: Payment, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    change_amount(payment, 4000, origin)
    assert texts() == []


# Accounting keys


def test_a_changed_key_is_renamed_in_quickbooks_first(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    rename(customer, "Doe, Jane", origin)
    problem = (
        f'The accounting key of {customer} changed from "Jane Doe" to "Doe, Jane"; documents '
        "were sent under the old key."
    )
    remedy = 'Rename the customer in QuickBooks to "Doe, Jane" before you load the next batch.'
    assert texts() == [("key_changed", problem, remedy)]
    entry = FollowUp.objects.get()
    assert (entry.batch, entry.customer, entry.invoice, entry.payment) == (
        None,
        customer,
        None,
        None,
    )


def test_the_key_of_a_customer_without_batched_documents_asks_for_nothing(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    rename(customer, "Doe, Jane", origin)
    undo(make_ready_batch(origin=origin), origin)
    rename(customer, "Jane", origin)
    assert texts() == []


def test_a_changed_key_matters_until_no_live_batch_has_the_customer(
    customer: Customer, invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    first = make_ready_batch(("invoice_insert", "7"), origin=origin)
    second = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    rename(customer, "Doe, Jane", origin)
    undo(first, origin)
    assert len(texts()) == 1
    undo(second, origin)
    assert texts() == []


def test_keys_of_other_customers_stay(invoice: Invoice, origin: Origin) -> None:
    batch = make_ready_batch(origin=origin)
    other = make_customer(name="Birch LLC", origin=origin)
    make_invoice("8", customer=other, origin=origin)
    make_ready_batch(origin=origin)
    rename(other, "Birch", origin)
    undo(batch, origin)
    assert len(texts()) == 1


# Undo


def test_undoing_the_batch_supersedes_what_is_open_and_leaves_what_was_done(
    customer: Customer, origin: Origin
) -> None:
    open_one = make_invoice("7", customer=customer, origin=origin)
    done_one = make_invoice("8", customer=customer, origin=origin)
    batch = make_ready_batch(origin=origin)
    make_invoice("9", customer=customer, origin=origin)
    other = make_ready_batch(origin=origin)
    void(open_one, origin)
    void(done_one, origin)
    void(Invoice.objects.get(number="9"), origin)
    close_follow_up(follow_up=FollowUp.objects.get(invoice=done_one), note="Voided.", origin=origin)
    undo(batch, origin)
    states = FollowUp.objects.order_by("pk").values_list("invoice__number", "status", "note")
    assert list(states) == [
        ("7", "superseded", f"Batch {batch.pk} was undone."),
        ("8", "done", "Voided."),
        ("9", "open", ""),
    ]
    assert FollowUp.objects.get(status="superseded").closed_by == origin.user
    with refused(f"This is no longer needed. Batch {batch.pk} was undone."):
        close_follow_up(
            follow_up=FollowUp.objects.get(status="superseded"), note="x", origin=origin
        )
    assert FollowUp.objects.open().get().batch == other


def download(batch: Batch, origin: Origin) -> None:
    BatchDownload.objects.create(batch=batch, user=origin.user)


def test_an_undone_batch_whose_zip_left_is_to_be_reversed(invoice: Invoice, origin: Origin) -> None:
    batch = make_batch(origin=origin)
    download(batch, origin)
    download(batch, origin)
    batch.files.filter(number=1).update(loaded_at=timezone.now(), loaded_by=origin.user)

    undo_batch(batch_id=batch.pk, reason="x", origin=origin)

    entry = FollowUp.objects.get()
    assert (entry.cause, entry.status, entry.batch) == ("batch_undone", "open", batch)
    assert entry.amount_cents == 15000
    assert entry.problem == (
        f"Batch {batch.pk}, Batch.zip, was undone after its zip was downloaded 2 times. "
        "Marked as loaded: 1 Invoice Inserts.xlsx."
    )


def test_an_undone_batch_that_nobody_has_needs_nothing(invoice: Invoice, origin: Origin) -> None:
    batch = make_batch(origin=origin)

    undo_batch(batch_id=batch.pk, reason="x", origin=origin)

    assert not FollowUp.objects.exists()


def test_batching_again_does_not_make_the_reversal_needless(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_batch(origin=origin)
    download(first, origin)
    undo_batch(batch_id=first.pk, reason="x", origin=origin)

    second = make_batch(origin=origin)
    undo_batch(batch_id=second.pk, reason="x", origin=origin)

    assert FollowUp.objects.get().status == "open"


def test_a_key_changed_twice_asks_for_one_new_name(customer: Customer, origin: Origin) -> None:
    make_invoice("7", customer=customer, origin=origin)
    make_ready_batch(origin=origin)
    for key in ("J. Doe", "Jane D."):
        change_accounting_key(customer=customer, accounting_key=key, reason="x", origin=origin)

    entries = FollowUp.objects.order_by("pk").values_list("status", "note")
    assert list(entries) == [("superseded", "The accounting key was changed again."), ("open", "")]
