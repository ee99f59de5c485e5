"""The rows of a payment as they are claimed: netting, then capping (domain.md §3, C).

And their warnings (workbooks.md, checks 13 to 16).
"""

import datetime
from dataclasses import replace

import pytest

from accounting.batches.undo import undo_batch
from accounting.models import Batch, ItemWarning, PaymentRow, RefundUse
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import items_of, payment_rows, warnings_of
from invoices.models import Customer, Invoice
from invoices.services.invoices import (
    approve_invoice,
    change_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from payments.models import Payment
from payments.services.payments import (
    change_payment,
    payment_values,
    reallocate_payment,
    remove_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def first(customer: Customer, origin: Origin) -> Invoice:
    """Invoice 7 of 100.00."""
    return make_invoice("7", customer=customer, total=10000, origin=origin)


@pytest.fixture
def second(customer: Customer, origin: Origin) -> Invoice:
    """Invoice 8 of 100.00."""
    return make_invoice("8", customer=customer, total=10000, origin=origin)


def day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def change_total(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


def touch(payment: Payment, origin: Origin) -> None:
    """Change a payment so that it must be sent again."""
    values = payment_values(payment)
    change_payment(
        payment=payment,
        values=replace(values, memo=f"{values.memo}!"),
        is_settled=True,
        reason="x",
        origin=origin,
    )


def texts_of(batch: Batch) -> list[tuple[str, str]]:
    warnings = ItemWarning.objects.filter(item__batch=batch).order_by("pk")
    return list(warnings.values_list("problem", "remedy"))


def no_room(amount: str) -> str:
    return (
        f"Invoice 7 has no open balance for {amount} of this payment; that part goes out "
        "without an invoice number."
    )


def by_hand(amount: str) -> str:
    return (
        f"In QuickBooks, apply the {amount} by hand to invoice 7 once it has an open balance, "
        "or to the invoice where it belongs."
    )


# Before netting and capping


def test_one_row_an_allocation_in_its_order_then_a_blank_one_for_the_rest(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    make_payment("P-1", amount=15000, allocations=((second, 6000), (first, 8000)), origin=origin)
    make_payment("P-2", allocations=((second, 4000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("8", 6000), ("7", 8000), ("", 1000)]
    assert payment_rows(batch, "P-2") == [("8", 4000)]
    assert warnings_of(batch) == []


def test_a_deposit_is_one_blank_row(origin: Origin) -> None:
    make_payment("P-1", origin=origin)
    assert payment_rows(make_ready_batch(origin=origin), "P-1") == [("", 15000)]


def test_invoices_never_finalized_join_the_blank_row_and_unlocked_ones_keep_their_number(
    customer: Customer, first: Invoice, origin: Origin
) -> None:
    pending = make_invoice("9", customer=customer, finalized=False, origin=origin)
    make_payment(
        "P-1",
        amount=10000,
        allocations=((pending, 2000), (first, 3000)),
        origin=origin,
    )
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    unlock_invoice(invoice=first, reason="x", origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 3000), ("", 7000)]


def test_a_void_invoice_joins_the_blank_row(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", allocations=((second, 5000), (first, 5000)), origin=origin)
    make_refund("R-1", payment=payment, amount=5000, origin=origin)
    void_invoice(invoice=first, note="x", origin=origin)
    batch = make_ready_batch(origin=origin)
    assert items_of(batch) == [("invoice_insert", "8", 10000), ("payment_insert", "P-1", 5000)]
    assert payment_rows(batch, "P-1") == [("8", 5000)]


def test_a_payment_on_an_imported_job_is_one_blank_row_and_warned_of(
    customer: Customer, first: Invoice, second: Invoice, origin: Origin
) -> None:
    job = make_job("J-1", customer=customer, is_imported=True, origin=origin)
    make_payment(
        "P-1", job=job, amount=9000, allocations=((first, 3000), (second, 3000)), origin=origin
    )
    batch = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    assert payment_rows(batch, "P-1") == [("", 9000)]
    assert warnings_of(batch) == [("P-1", "16", 9000)]
    assert texts_of(batch) == [
        (
            "The payment is for imported job J-1; it goes out without an invoice number.",
            "In QuickBooks, apply the payment by hand to the imported job's invoice.",
        )
    ]


# Netting


@pytest.mark.parametrize(
    ("refunds", "rows"),
    [
        ((500,), [("7", 6000), ("8", 8000), ("", 500)]),
        ((1000,), [("7", 6000), ("8", 8000)]),
        ((1001,), [("7", 6000), ("8", 7999)]),
        ((600, 401), [("7", 6000), ("8", 7999)]),
        ((9000,), [("7", 6000)]),
        ((10000,), [("7", 5000)]),
        ((14999,), [("7", 1)]),
    ],
)
def test_a_netted_refund_takes_the_blank_row_then_the_named_from_the_last(
    first: Invoice,
    second: Invoice,
    origin: Origin,
    refunds: tuple[int, ...],
    rows: list[tuple[str, int]],
) -> None:
    payment = make_payment(
        "P-1", amount=15000, allocations=((first, 6000), (second, 8000)), origin=origin
    )
    for amount in refunds:
        make_refund(payment=payment, amount=amount, origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == rows
    item = batch.items.get(payment=payment)
    assert item.amount_cents == 15000 - sum(refunds)
    assert list(item.refund_uses.order_by("pk").values_list("use", "amount_cents")) == [
        ("netted", amount) for amount in refunds
    ]


def test_an_update_is_netted_again_and_not_for_journals(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", amount=10000, allocations=((first, 10000),), origin=origin)
    make_refund("R-1", payment=payment, amount=3000, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-2", payment=payment, amount=2000, origin=origin)
    reallocate_payment(
        payment=payment, allocations=((second, 6000), (first, 4000)), reason="x", origin=origin
    )
    batch = make_ready_batch(origin=origin)
    assert items_of(batch) == [("journal", "R-2", 2000), ("payment_update", "P-1", 7000)]
    assert payment_rows(batch, "P-1") == [("8", 6000), ("7", 1000)]
    uses = RefundUse.objects.filter(item__batch=batch).order_by("refund__number")
    assert list(uses.values_list("refund__number", "use", "amount_cents", "is_live")) == [
        ("R-1", "restated", 3000, True),
        ("R-2", "journal", 2000, True),
    ]


# Capping


def test_payments_take_the_room_by_date_then_number(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    make_payment("P-2", allocations=((first, 4000),), date=day(3), origin=origin)
    make_payment("P-10", allocations=((first, 4000),), date=day(3), origin=origin)
    make_payment("P-1", allocations=((first, 2000),), date=day(4), origin=origin)
    change_total(first, 5000, origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-10") == [("7", 4000)]
    assert payment_rows(batch, "P-2") == [("7", 1000), ("", 3000)]
    assert payment_rows(batch, "P-1") == [("", 2000)]
    assert warnings_of(batch) == [("P-1", "15", 2000), ("P-2", "15", 3000)]
    assert texts_of(batch)[1] == (no_room("30.00"), by_hand("30.00"))


def test_what_does_not_fit_joins_the_blank_row_of_each_invoice_that_is_full(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    make_payment("P-1", amount=20000, allocations=((first, 9000), (second, 9000)), origin=origin)
    change_total(first, 5000, origin)
    change_total(second, 0, origin)
    batch = make_ready_batch(("payment_insert", "P-1"), ("invoice_insert", "7"), origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 5000), ("", 15000)]
    assert warnings_of(batch) == [
        ("P-1", "14", 9000),
        ("P-1", "15", 4000),
        ("P-1", "15", 9000),
    ]


def test_netting_comes_before_capping(first: Invoice, second: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", allocations=((first, 9000), (second, 5000)), origin=origin)
    make_refund("R-1", payment=payment, amount=6000, origin=origin)
    change_total(first, 5000, origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 5000), ("", 3000)]
    assert warnings_of(batch) == [("P-1", "15", 3000)]


def test_an_allocation_that_refunds_have_eaten_up_is_not_warned_of(
    customer: Customer, first: Invoice, second: Invoice, origin: Origin
) -> None:
    payment = make_payment(
        "P-1",
        customer=customer,
        amount=10000,
        allocations=((first, 6000), (second, 4000)),
        origin=origin,
    )
    make_refund(payment=payment, amount=5000, origin=origin)
    batch = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 5000)]
    assert warnings_of(batch) == [("P-1", "14", 6000)]


def test_rows_of_other_payments_in_the_books_fill_the_invoice(
    first: Invoice, origin: Origin
) -> None:
    make_payment("P-1", allocations=((first, 6000),), origin=origin)
    make_ready_batch(origin=origin)
    make_payment("P-2", allocations=((first, 4000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("7", 4000)]
    assert warnings_of(batch) == []


def test_a_refunded_payment_still_fills_the_invoice_and_the_rest_belongs_to_its_journal(
    first: Invoice, origin: Origin
) -> None:
    refunded = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-2", payment=refunded, amount=6000, origin=origin)
    make_refund("R-1", payment=refunded, amount=1000, origin=origin)
    make_ready_batch(origin=origin)
    make_payment("P-2", allocations=((first, 7000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("", 7000)]
    remedy = "In QuickBooks, apply the 70.00 to journal entry R-1 or R-2."
    assert texts_of(batch) == [(no_room("70.00"), remedy)]


def test_the_journal_may_be_in_the_same_batch(first: Invoice, origin: Origin) -> None:
    refunded = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=refunded, amount=6000, origin=origin)
    make_payment("P-2", allocations=((first, 6000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert items_of(batch) == [("journal", "R-1", 6000), ("payment_insert", "P-2", 6000)]
    remedy = "In QuickBooks, apply the 60.00 to journal entry R-1."
    assert texts_of(batch) == [(no_room("60.00"), remedy)]


def test_a_journal_that_is_left_out_of_the_batch_is_not_named(
    first: Invoice, origin: Origin
) -> None:
    refunded = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=refunded, amount=6000, origin=origin)
    make_payment("P-2", allocations=((first, 6000),), origin=origin)
    batch = make_ready_batch(("payment_insert", "P-2"), origin=origin)
    assert texts_of(batch) == [(no_room("60.00"), by_hand("60.00"))]


def test_a_netted_refund_leaves_room(first: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_refund("R-1", payment=payment, amount=6000, origin=origin)
    make_ready_batch(origin=origin)
    make_payment("P-2", allocations=((first, 6000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("7", 6000)]
    assert warnings_of(batch) == []


def test_a_payment_updated_in_this_batch_counts_with_its_new_rows_only(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    moved = make_payment("P-1", allocations=((first, 10000),), date=day(5), origin=origin)
    make_ready_batch(origin=origin)
    reallocate_payment(payment=moved, allocations=((second, 10000),), reason="x", origin=origin)
    make_payment("P-2", allocations=((first, 10000),), date=day(4), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("7", 10000)]
    assert payment_rows(batch, "P-1") == [("8", 10000)]
    assert warnings_of(batch) == []


def test_until_the_update_is_in_a_batch_the_old_rows_count(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    moved = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    reallocate_payment(payment=moved, allocations=((second, 10000),), reason="x", origin=origin)
    make_payment("P-2", allocations=((first, 10000),), origin=origin)
    batch = make_ready_batch(("payment_insert", "P-2"), origin=origin)
    assert payment_rows(batch, "P-2") == [("", 10000)]
    assert warnings_of(batch) == [("P-2", "15", 10000)]
    make_ready_batch(("payment_update", "P-1"), origin=origin)
    payment = Payment.objects.get(number="P-2")
    touch(payment, origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("7", 10000)]


def test_an_update_is_capped_at_its_invoice_edited_down(first: Invoice, origin: Origin) -> None:
    make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    change_total(first, 7000, origin)
    batch = make_ready_batch(origin=origin)
    assert items_of(batch) == [("invoice_update", "7", 7000), ("payment_update", "P-1", 10000)]
    assert payment_rows(batch, "P-1") == [("7", 7000), ("", 3000)]
    assert warnings_of(batch) == [("P-1", "15", 3000)]


def test_the_newest_frozen_total_counts_even_while_unlocked_or_left_out(
    first: Invoice, origin: Origin
) -> None:
    make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    change_total(first, 7000, origin)
    unlock_invoice(invoice=first, reason="x", origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 7000), ("", 3000)]
    approve_invoice(invoice=first, reason="x", origin=origin)


def test_rows_of_an_overfull_invoice_leave_no_negative_room(first: Invoice, origin: Origin) -> None:
    make_payment("P-1", allocations=((first, 9000),), origin=origin)
    make_payment("P-2", allocations=((first, 1000),), origin=origin)
    make_ready_batch(("invoice_insert", "7"), ("payment_insert", "P-1"), origin=origin)
    change_total(first, 5000, origin)
    batch = make_ready_batch(("payment_insert", "P-2"), origin=origin)
    assert payment_rows(batch, "P-2") == [("", 1000)]
    assert warnings_of(batch) == [("P-2", "15", 1000)]


def test_a_removed_payment_still_fills_the_invoice_in_the_books(
    first: Invoice, origin: Origin
) -> None:
    removed = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(origin=origin)
    remove_payment(payment=removed, note="x", origin=origin)
    make_payment("P-2", allocations=((first, 10000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("", 10000)]


def test_rows_of_an_undone_batch_leave_room(first: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", allocations=((first, 10000),), origin=origin)
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    batch = make_ready_batch(origin=origin)
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    make_refund("R-1", payment=payment, amount=10000, origin=origin)
    make_payment("P-2", allocations=((first, 10000),), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-2") == [("7", 10000)]


# Other warnings


def test_refunds_netted_in_another_month_are_each_warned_of(origin: Origin) -> None:
    payment = make_payment("P-1", date=day(30), origin=origin)
    make_refund("R-1", payment=payment, amount=100, date=day(30), origin=origin)
    december = datetime.date(2026, 12, 1)
    make_refund("R-2", payment=payment, amount=200, date=december, origin=origin)
    make_refund("R-3", payment=payment, amount=300, date=datetime.date(2027, 11, 30), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert warnings_of(batch) == [("P-1", "15b", 200), ("P-1", "15b", 300)]
    assert texts_of(batch)[0] == (
        "Refund R-2 is netted in this payment, but is dated in another month.",
        (
            "If the payment's month is closed, enter the payment and the refund separately in "
            "QuickBooks."
        ),
    )


def test_a_journal_or_a_restated_refund_moves_nothing_between_months(origin: Origin) -> None:
    payment = make_payment("P-1", date=day(30), origin=origin)
    december = datetime.date(2026, 12, 1)
    make_refund("R-1", payment=payment, amount=100, date=december, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-2", payment=payment, amount=100, date=december, origin=origin)
    touch(payment, origin)
    batch = make_ready_batch(origin=origin)
    assert items_of(batch) == [("journal", "R-2", 100), ("payment_update", "P-1", 14900)]
    assert warnings_of(batch) == []


def test_warnings_are_in_the_order_of_the_files_then_by_number(
    customer: Customer, first: Invoice, origin: Origin
) -> None:
    job = make_job(customer=customer, is_imported=True, origin=origin)
    make_payment("P-2", job=job, customer=customer, amount=100, origin=origin)
    make_payment("P-1", job=job, customer=customer, amount=100, origin=origin)
    line = replace(make_line(10000), amount_cents=9999)
    make_invoice("9", customer=customer, lines=(line,), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert warnings_of(batch) == [("9", "8", 9999), ("P-1", "16", 100), ("P-2", "16", 100)]


# Invariants of the rows


def test_the_blank_row_comes_last_and_rows_add_up_to_their_item(
    first: Invoice, second: Invoice, origin: Origin
) -> None:
    payment = make_payment(
        "P-1", amount=15000, allocations=((first, 6000), (second, 8000)), origin=origin
    )
    make_refund("R-1", payment=payment, amount=500, origin=origin)
    make_payment("P-2", amount=9000, allocations=((first, 4000),), origin=origin)
    change_total(first, 7000, origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 6000), ("8", 8000), ("", 500)]
    assert payment_rows(batch, "P-2") == [("7", 1000), ("", 8000)]
    rows = PaymentRow.objects.filter(item__batch=batch)
    assert sum(rows.values_list("amount_cents", flat=True)) == sum(
        cents for kind, _, cents in items_of(batch) if kind == "payment_insert"
    )
