"""The invariant of the follow-ups: nothing is ever silently out of step (domain.md §3)."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef

from accounting.invariants.breaches import CHUNK, Breach, row_of
from accounting.models import BatchItem, FollowUp
from invoices.models import Invoice
from payments.models import Payment

_INVOICE_CAUSES = {
    Invoice.Status.VOID: FollowUp.Cause.INVOICE_VOIDED,
    Invoice.Status.CANCELLED: FollowUp.Cause.INVOICE_CANCELLED,
}


def closed_documents_in_the_books_have_a_follow_up() -> Iterator[Breach]:
    """A void or cancelled invoice, or a removed payment, that is live asks to be fixed by hand."""
    needed = FollowUp.objects.exclude(status=FollowUp.Status.SUPERSEDED)
    live = BatchItem.objects.filter(is_live=True)
    for status, cause in _INVOICE_CAUSES.items():
        invoices = Invoice.objects.filter(
            Exists(live.filter(invoice=OuterRef("pk"))),
            ~Exists(needed.filter(invoice=OuterRef("pk"), cause=cause)),
            status=status,
        )
        for invoice in invoices.order_by("pk").iterator(chunk_size=CHUNK):
            yield Breach(
                f"Invoice {invoice.number} is {status.label.lower()} and in the books, "
                "and nobody is told to fix that.",
                (row_of(Invoice, invoice.pk, status=invoice.status),),
            )
    payments = Payment.objects.filter(
        Exists(live.filter(payment=OuterRef("pk"))),
        ~Exists(needed.filter(payment=OuterRef("pk"), cause=FollowUp.Cause.PAYMENT_REMOVED)),
        state=Payment.State.REMOVED,
    )
    for payment in payments.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Payment {payment.number} is removed and in the books, "
            "and nobody is told to fix that.",
            (row_of(Payment, payment.pk, state=payment.state),),
        )
