"""Histories from which several tests start."""

from accounting.tests.factories import make_ready_batch
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_invoice_values,
    make_line,
)
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin


def make_every_kind(origin: Origin, *, count: int = 1, prefix: str = "") -> None:
    """Make rows of all six kinds, `count` of each, after what they need in the books.

    Each time: an invoice of two lines, an update, a credit memo; a payment on the new invoice with
    a netted refund, a payment update, a payment refunded after its batch.
    """
    customer = make_customer(origin=origin)
    numbers = [f"{prefix}{n}" for n in range(count)]
    credited = [make_invoice(f"old-{n}", customer=customer, origin=origin) for n in numbers]
    changed = [make_invoice(f"upd-{n}", customer=customer, origin=origin) for n in numbers]
    moved = [
        make_payment(f"upd-{n}", customer=customer, amount=700, origin=origin) for n in numbers
    ]
    paid = [make_payment(f"old-{n}", customer=customer, origin=origin) for n in numbers]
    make_ready_batch(origin=origin)
    for n, memo_of, invoice, deposit, refunded in zip(
        numbers, credited, changed, moved, paid, strict=True
    ):
        make_credit_memo(f"CM-{n}", invoice=memo_of, origin=origin)
        change_invoice(
            invoice=invoice, values=make_invoice_values(16000), reason="x", origin=origin
        )
        reallocate_payment(
            payment=deposit, allocations=((invoice, 600),), reason="x", origin=origin
        )
        make_refund(f"R-{n}", payment=refunded, amount=300, origin=origin)
        new = make_invoice(
            f"new-{n}",
            customer=customer,
            lines=(make_line(10000), make_line(5000)),
            origin=origin,
        )
        payment = make_payment(f"new-{n}", invoice=new, amount=2000, origin=origin)
        make_refund(f"net-{n}", payment=payment, amount=500, origin=origin)
