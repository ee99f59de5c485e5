"""Reads payments from the database for tests."""

from payments.models import Payment, PaymentRevision


def current(payment: Payment) -> PaymentRevision:
    payment.refresh_from_db()
    assert payment.current_revision is not None
    return payment.current_revision


def parts(payment: Payment) -> list[tuple[int, str, int | None, int]]:
    """Return position, invoice number, sequence of the named revision, cents of each allocation."""
    return [
        (
            allocation.position,
            allocation.invoice.number,
            allocation.invoice_revision.sequence if allocation.invoice_revision else None,
            allocation.amount_cents,
        )
        for allocation in current(payment).allocations.all()
    ]
