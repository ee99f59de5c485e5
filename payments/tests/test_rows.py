"""The rows of a payment: no cent is gained or lost, no row is negative, in the order of §3."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rows import AllocationRow, cap_rows, net_rows, rows_before_netting

cents = st.integers(1, 1_000_000)


@st.composite
def payments(draw: st.DrawFn) -> tuple[list[tuple[int, bool, int]], int]:
    """Draw allocations to different invoices, some of them not named, and the payment's amount."""
    invoices = draw(st.lists(st.integers(1, 50), unique=True, max_size=6))
    allocations = [(invoice, draw(st.booleans()), draw(cents)) for invoice in invoices]
    unallocated = draw(st.integers(0, 1_000_000))
    return allocations, sum(amount for _, _, amount in allocations) + unallocated


def total(rows: list[AllocationRow]) -> int:
    return sum(row.amount_cents for row in rows)


def test_an_invoice_payment_is_one_row() -> None:
    assert rows_before_netting([(7, True, 15000)], 15000) == [AllocationRow(7, 15000)]


def test_a_deposit_is_one_blank_row() -> None:
    assert rows_before_netting([], 15000) == [AllocationRow(None, 15000)]
    assert rows_before_netting([(7, False, 15000)], 15000) == [AllocationRow(None, 15000)]


def test_a_split_keeps_its_order_and_the_rest_comes_last() -> None:
    allocations = [(9, True, 100), (8, False, 20), (7, True, 300)]
    assert rows_before_netting(allocations, 450) == [
        AllocationRow(9, 100),
        AllocationRow(7, 300),
        AllocationRow(None, 50),
    ]


def test_a_zero_payment_has_no_row() -> None:
    assert rows_before_netting([], 0) == []


def test_allocations_above_the_payment_are_an_error() -> None:
    with pytest.raises(ValueError, match="exceed the payment"):
        rows_before_netting([(7, True, 15001)], 15000)


@pytest.mark.parametrize(
    ("refund", "expected"),
    [
        (0, [AllocationRow(9, 100), AllocationRow(7, 300), AllocationRow(None, 50)]),
        (20, [AllocationRow(9, 100), AllocationRow(7, 300), AllocationRow(None, 30)]),
        (50, [AllocationRow(9, 100), AllocationRow(7, 300)]),
        (51, [AllocationRow(9, 100), AllocationRow(7, 299)]),
        (350, [AllocationRow(9, 100)]),
        (449, [AllocationRow(9, 1)]),
        (450, []),
    ],
)
def test_a_refund_takes_the_blank_row_then_the_named_from_the_last(
    refund: int, expected: list[AllocationRow]
) -> None:
    assert (
        net_rows([AllocationRow(9, 100), AllocationRow(7, 300), AllocationRow(None, 50)], refund)
        == expected
    )


def test_a_refund_above_the_payment_is_an_error() -> None:
    with pytest.raises(ValueError, match="exceeds the payment"):
        net_rows([AllocationRow(9, 100)], 101)


@pytest.mark.parametrize(
    ("room", "rows", "overflow"),
    [
        (
            {9: 100, 7: 300},
            [AllocationRow(9, 100), AllocationRow(7, 300), AllocationRow(None, 50)],
            [],
        ),
        (
            {9: 60, 7: 300},
            [AllocationRow(9, 60), AllocationRow(7, 300), AllocationRow(None, 90)],
            [(9, 40)],
        ),
        ({9: 0, 7: 299}, [AllocationRow(7, 299), AllocationRow(None, 151)], [(9, 100), (7, 1)]),
        ({9: -5, 7: 0}, [AllocationRow(None, 450)], [(9, 100), (7, 300)]),
    ],
)
def test_what_does_not_fit_joins_the_blank_row(
    room: dict[int, int], rows: list[AllocationRow], overflow: list[tuple[int, int]]
) -> None:
    assert cap_rows(
        [AllocationRow(9, 100), AllocationRow(7, 300), AllocationRow(None, 50)], room
    ) == (rows, overflow)


def test_a_blank_row_arises_where_there_was_none() -> None:
    assert cap_rows([AllocationRow(9, 100)], {9: 70}) == (
        [AllocationRow(9, 70), AllocationRow(None, 30)],
        [(9, 30)],
    )


@given(payments())
def test_the_rows_are_the_payment(payment: tuple[list[tuple[int, bool, int]], int]) -> None:
    allocations, amount = payment
    rows = rows_before_netting(allocations, amount)
    named = [AllocationRow(invoice, part) for invoice, is_named, part in allocations if is_named]
    assert total(rows) == amount
    assert rows[: len(named)] == named
    assert [row.invoice_id for row in rows[len(named) :]] in ([], [None])
    assert all(row.amount_cents > 0 for row in rows)


@given(payments(), st.data())
def test_netting_keeps_the_sum_and_the_order(
    payment: tuple[list[tuple[int, bool, int]], int], data: st.DataObject
) -> None:
    allocations, amount = payment
    rows = rows_before_netting(allocations, amount)
    refund = data.draw(st.integers(0, amount))
    net = net_rows(rows, refund)
    assert total(net) == amount - refund
    assert all(row.amount_cents > 0 for row in net)
    left = {row.invoice_id: row.amount_cents for row in net}
    shares = [(left.get(row.invoice_id, 0), row.amount_cents) for row in rows]
    # The blank row pays first, then the last row; rows before one with money left are untouched.
    for (earlier_left, earlier), (later_left, _) in pairwise(shares):
        assert later_left == 0 or earlier_left == earlier
    # Several refunds have the same effect as one of their sum.
    part = data.draw(st.integers(0, refund))
    assert net_rows(net_rows(rows, part), refund - part) == net


@given(payments(), st.data())
def test_capping_keeps_the_sum_and_never_exceeds_the_room(
    payment: tuple[list[tuple[int, bool, int]], int], data: st.DataObject
) -> None:
    allocations, amount = payment
    rows = rows_before_netting(allocations, amount)
    room = {
        row.invoice_id: data.draw(st.integers(-1000, 1_000_000))
        for row in rows
        if row.invoice_id is not None
    }
    before = list(rows)
    capped, overflow = cap_rows(rows, room)
    assert rows == before
    assert total(capped) == amount
    assert all(row.amount_cents > 0 for row in capped)
    blank = total([row for row in capped if row.invoice_id is None])
    blank_before = total([row for row in rows if row.invoice_id is None])
    assert blank == blank_before + sum(part for _, part in overflow)
    for row in capped:
        assert row.invoice_id is None or row.amount_cents <= room[row.invoice_id]
    assert [row.invoice_id for row in capped].count(None) <= 1
    assert None not in [row.invoice_id for row in capped[:-1]]
    # Capped rows fit, so capping them again moves nothing.
    assert cap_rows(capped, room) == (capped, [])
