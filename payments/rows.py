"""The rows of a payment in the files, from its allocations (domain.md §3). Pure; all in cents.

A row names an invoice, or is blank for money that is on no invoice in the books. Every function
preserves the sum: what leaves a named row without being refunded goes to the blank row, which comes
last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """A part of a payment; `invoice_id` None is the row with a blank `Invoice No`."""

    invoice_id: int | None
    amount_cents: int


def rows_before_netting(
    allocations: Iterable[tuple[int, bool, int]], amount_cents: int
) -> list[AllocationRow]:
    """Return a row for each named allocation, in order, then a blank one for all the rest.

    Each allocation is (invoice_id, is_named, amount_cents). On an imported job none is named.
    Raises ValueError if the named ones exceed the payment's amount.
    """
    rows = [
        AllocationRow(invoice_id, cents) for invoice_id, is_named, cents in allocations if is_named
    ]
    rest = amount_cents - sum(row.amount_cents for row in rows)
    if rest < 0:
        raise ValueError("The allocations exceed the payment.")
    return _with_blank(rows, rest)


def net_rows(rows: Sequence[AllocationRow], refund_cents: int) -> list[AllocationRow]:
    """Return the rows less a refund, taken from the blank row first, then from the last named row.

    Rows of 0 are dropped. Raises ValueError for a refund above the sum of the rows.
    """
    left = refund_cents
    remaining: list[AllocationRow] = []
    # The blank row is last, so going backwards starts with it.
    for row in reversed(rows):
        taken = min(left, row.amount_cents)
        left -= taken
        remaining.append(replace(row, amount_cents=row.amount_cents - taken))
    if left > 0:
        raise ValueError("The refund exceeds the payment.")
    return [row for row in reversed(remaining) if row.amount_cents > 0]


def cap_rows(
    rows: Sequence[AllocationRow], room: Mapping[int, int]
) -> tuple[list[AllocationRow], list[tuple[int, int]]]:
    """Return the rows capped at each invoice's room, and the cents that did not fit by invoice.

    `room` has the cents that each named invoice can still take in the books; negative counts as 0.
    What does not fit joins the blank row.
    """
    kept: list[AllocationRow] = []
    overflow: list[tuple[int, int]] = []
    blank_cents = 0
    for row in rows:
        if row.invoice_id is None:
            blank_cents += row.amount_cents
            continue
        fitting = min(row.amount_cents, max(room[row.invoice_id], 0))
        if fitting > 0:
            kept.append(AllocationRow(row.invoice_id, fitting))
        if fitting < row.amount_cents:
            overflow.append((row.invoice_id, row.amount_cents - fitting))
            blank_cents += row.amount_cents - fitting
    return _with_blank(kept, blank_cents), overflow


def _with_blank(rows: list[AllocationRow], blank_cents: int) -> list[AllocationRow]:
    return [*rows, AllocationRow(None, blank_cents)] if blank_cents > 0 else rows
