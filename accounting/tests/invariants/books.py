"""Sound books with every kind of row, and ways for tests to break them with SQL."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import undo_batch
from accounting.invariants import find_breaches
from accounting.models import Batch, BatchItem
from accounting.tests.factories import make_batch
from invoices.services.invoices import change_invoice
from invoices.services.lifecycle import unlock_invoice, void_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from payments.services.payments import reallocate_payment
from payments.services.states import remove_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.database import triggers


@dataclass(frozen=True)
class Books:
    """The batches, oldest first; the last of them is undone."""

    first: Batch
    second: Batch
    third: Batch
    undone: Batch


def make_books() -> Books:
    """Make books for which every invariant holds and has a use.

    Invoices 0 (Opening), 1 (updated), 2, 3 (undone), 4 and 10 (unbatched), 5 (went out after its
    payment), 7 (paid twice), 8 (void); payments P-1, P-2 (re-pointed), P-5 (sent again), P-8
    (capped), P-9 (removed); refunds R-0 (netted), R-1 and R-7 (journals), R-2 (due); CM-1, CM-2.
    """
    origin = make_origin()
    ann = make_customer("C-1", name="Ann", origin=origin)
    own: dict[str, Any] = {"customer": ann, "origin": origin}
    hvac = make_department("HVAC", origin=origin)
    job = make_job("J-1", customer=ann, department=hvac, origin=origin)
    put_in_opening_batch(document=make_invoice("0", **own), origin=origin)
    one = make_invoice("1", lines=(make_line(10000), make_line(5000)), department=hvac, **own)
    paid = make_payment("P-1", invoice=one, **own)
    make_refund("R-0", payment=paid, amount=1000, origin=origin)
    deposit = make_payment("P-2", amount=8000, job=job, **own)
    five = make_invoice("5", **own)
    make_payment("P-5", invoice=five, **own)
    seven = make_invoice("7", total=10000, **own)
    refunded = make_payment("P-7", invoice=seven, amount=10000, **own)
    void = make_invoice("8", **own)
    removed = make_payment("P-9", **own)
    all_but_five = [
        ("payment_insert", number) for number in ("P-1", "P-2", "P-5", "P-7", "P-9")
    ] + [("invoice_insert", number) for number in ("1", "7", "8")]
    first = make_batch(*all_but_five, origin=origin)
    void_invoice(invoice=void, note="Never was.", origin=origin)
    remove_payment(payment=removed, note="Twice.", origin=origin)
    change_invoice(
        invoice=one,
        values=make_invoice_values(16000, department=hvac),
        reason="Wrong.",
        origin=origin,
    )
    two = make_invoice("2", total=8000, **own)
    reallocate_payment(payment=deposit, allocations=((two, 8000),), reason="Known.", origin=origin)
    make_refund("R-1", payment=deposit, amount=500, origin=origin)
    make_refund("R-7", payment=refunded, amount=10000, origin=origin)
    make_payment("P-8", invoice=seven, amount=10000, **own)
    make_credit_memo("CM-1", invoice=one, origin=origin)
    second = make_batch(origin=origin)
    third = make_batch(origin=origin)
    make_invoice("3", **own)
    undone = make_batch(origin=origin)
    undo_batch(batch_id=undone.pk, reason="Wrong.", origin=origin)
    make_payment("P-4", invoice=make_invoice("4", **own), **own)
    make_refund("R-2", payment=paid, amount=200, origin=origin)
    make_credit_memo("CM-2", invoice=two, origin=origin)
    unlock_invoice(invoice=five, reason="Wrong price.", origin=origin)
    make_invoice("10", finalized=False, **own)
    return Books(first, second, third, undone)


def breached() -> set[str]:
    """Return the names of the broken invariants."""
    return {breach.invariant for breach in find_breaches()}


def tamper(statement: str, *parameters: str | int | None) -> None:
    """Change frozen rows by SQL, with triggers disabled; at least one row must change."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Triggers cannot be dropped while foreign key checks are pending.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        triggers.remove()
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.install()


def drop_constraint(name: str) -> None:
    """Drop a unique constraint, which is an index by this name on both databases."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX "{name}"')


def item(number: str, batch: Batch) -> BatchItem:
    """Return the item of a document in a batch."""
    return BatchItem.objects.get(number=number, batch=batch)
