"""Payments made in bulk: of one invoice, of two, in part, too much, and deposits."""

from dataclasses import dataclass
from datetime import timedelta

from benchmarks.loading import Table, filled
from benchmarks.sizes import (
    CHANGED,
    DAYS,
    FIRST_DAY,
    FROZEN_AT,
    METHODS,
    OVERPAID,
    PARTLY_PAID,
    REFUNDED,
    Sent,
    Size,
    customer_of,
)
from payments.fingerprints import RowContent, payment_fingerprint
from payments.models import Allocation, Payment, PaymentRevision, Refund


@dataclass(frozen=True, slots=True)
class _Paid:
    """What a payment holds: its cents, and (invoice id, cents) of each part."""

    customer_id: int
    amount_cents: int
    parts: tuple[tuple[int, int], ...]


def make_payments(size: Size, user_id: int, invoices: list[Sent]) -> None:
    heads = Table(
        Payment, "id", "number", "customer", "state", "current_revision", "created_at", "fed_digest"
    )
    revisions = Table(
        PaymentRevision,
        *("id", "payment", "sequence", "date", "method", "reference", "memo", "amount_cents"),
        *("first_invoice", "fingerprint", "frozen_at", "frozen_by", "reason", "source"),
    )
    allocations = Table(
        Allocation, "revision", "position", "invoice", "invoice_revision", "amount_cents"
    )
    refunds = Table(
        Refund,
        *("number", "payment", "date", "amount_cents", "method", "memo", "recorded_at"),
        *("recorded_by", "source", "fed_digest"),
    )
    with filled(heads, revisions, allocations, refunds):
        for pk in range(1, size.batched_payments + size.payments + 1):
            paid = _paid_by(pk, size, invoices)
            day = FIRST_DAY + timedelta(days=(pk + 20) % DAYS)
            method, reference = METHODS[pk % len(METHODS)], f"{pk:08d}"
            heads.add(pk, f"PAY-{pk:07d}", paid.customer_id, "active", pk, FROZEN_AT, "")
            revisions.add(
                *(pk, pk, 1, day.isoformat(), method, reference, "", paid.amount_cents),
                paid.parts[0][0] if paid.parts else None,
                payment_fingerprint(
                    date=day,
                    method=method,
                    reference=reference,
                    memo="",
                    rows=_rows_of(paid, invoices),
                ),
                *(FROZEN_AT, user_id, "", ""),
            )
            for position, (invoice_id, cents) in enumerate(paid.parts, 1):
                allocations.add(
                    pk, position, invoice_id, invoices[invoice_id - 1].revision_id, cents
                )
            if pk % REFUNDED == 0:
                refunds.add(
                    *(f"REF-{pk:07d}", pk, (day + timedelta(days=3)).isoformat(), 1_000, method),
                    *("", FROZEN_AT, user_id, "", ""),
                )


def _paid_by(pk: int, size: Size, invoices: list[Sent]) -> _Paid:
    """Return what a payment is for: each pays the invoice of its place, if there is one.

    A changed invoice has none, or its payment had changed with it.
    """
    is_batched = pk <= size.batched_payments
    place = pk if is_batched else pk - size.batched_payments
    invoice_id = place if is_batched else size.batched_invoices + place
    last = size.batched_invoices if is_batched else size.batched_invoices + size.invoices
    if invoice_id > last or (is_batched and invoice_id % CHANGED == 0):
        return _Paid(place % size.customers + 1, 5_000, ())
    total = invoices[invoice_id - 1].total_cents
    cents = total // 2 if pk % PARTLY_PAID == 0 else total
    parts = [(invoice_id, cents)]
    # The customer's next invoice goes along if no payment of its own pays it.
    unpaid_id = invoice_id + size.customers
    if not is_batched and place + size.customers > size.payments and unpaid_id <= last:
        parts.append((unpaid_id, invoices[unpaid_id - 1].total_cents))
    amount = sum(part for _, part in parts) + (5_000 if pk % OVERPAID == 0 else 0)
    return _Paid(customer_of(invoice_id, size), amount, tuple(parts))


def _rows_of(paid: _Paid, invoices: list[Sent]) -> list[RowContent]:
    rows: list[RowContent] = [
        (invoices[invoice_id - 1].number, invoices[invoice_id - 1].fingerprint, cents)
        for invoice_id, cents in paid.parts
    ]
    rest = paid.amount_cents - sum(cents for _, cents in paid.parts)
    return [*rows, (None, None, rest)] if rest else rows
