"""Raises follow-ups for what happened after batching and no file can carry (domain.md §3)."""

from typing import Final

from django.utils import timezone

from accounting.follow_ups.customers import supersede_for_forgotten_customers
from accounting.models import Batch, BatchItem, FollowUp, Kind
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from invoices.models import Invoice
from payments.models import Payment, PaymentRevision
from sera_batching.origin import Origin


def raise_for_closed_invoice(invoice: Invoice, cause: str) -> None:
    """A batched invoice was voided or cancelled: QuickBooks still has it."""
    insert = _live_insert(invoice=invoice)
    if insert is None:
        return
    verb = "voided" if cause == FollowUp.Cause.INVOICE_VOIDED else "cancelled"
    FollowUp.objects.create(
        cause=cause,
        batch=insert.batch,
        invoice=invoice,
        customer=invoice.customer.survivor,
        amount_cents=_newest_amount(invoice=invoice),
        problem=f"Invoice {invoice.number} was {verb}; it went out in batch {insert.batch_id}.",
        remedy=f"Void invoice {invoice.number} in QuickBooks; no file can do that.",
    )


def raise_for_payment(payment: Payment, cause: str) -> None:
    """A batched payment was removed, disputed, restored or emptied: QuickBooks does not know."""
    insert = _live_insert(payment=payment)
    if insert is None:
        return
    problem, remedy = _PAYMENT_TEXTS[cause]
    FollowUp.objects.create(
        cause=cause,
        batch=insert.batch,
        payment=payment,
        customer=payment.customer.survivor,
        amount_cents=_newest_amount(payment=payment),
        problem=problem.format(number=payment.number, batch=insert.batch_id),
        remedy=remedy.format(number=payment.number),
    )


_PAYMENT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    FollowUp.Cause.PAYMENT_REMOVED: (
        "Payment {number} was removed after it went out in batch {batch}.",
        "Delete payment {number} in QuickBooks.",
    ),
    FollowUp.Cause.PAYMENT_DISPUTED: (
        "Payment {number} is disputed; it went out in batch {batch}.",
        "Take payment {number} out of its deposit in QuickBooks until the dispute is settled.",
    ),
    FollowUp.Cause.PAYMENT_RESTORED: (
        (
            "Payment {number}, sent in batch {batch}, is no longer disputed but is out of its "
            "deposit."
        ),
        "Put payment {number} back into its deposit in QuickBooks.",
    ),
    FollowUp.Cause.PAYMENT_EMPTIED: (
        "Nothing is left of payment {number} after its refunds; it went out in batch {batch}.",
        "Delete payment {number} in QuickBooks: no file can carry a payment of 0.00.",
    ),
}


def settle_dispute(payment: Payment, origin: Origin) -> None:
    """A dispute is over: its entry is superseded or, if done, must be reversed."""
    disputes = FollowUp.objects.filter(payment=payment, cause=FollowUp.Cause.PAYMENT_DISPUTED)
    newest = disputes.order_by("-pk").first()
    disputes.open().update(
        status=FollowUp.Status.SUPERSEDED,
        closed_at=timezone.now(),
        closed_by=origin.user,
        note="The payment was restored.",
    )
    if newest is not None and newest.status == FollowUp.Status.DONE:
        raise_for_payment(payment, FollowUp.Cause.PAYMENT_RESTORED)


def raise_for_emptied_payments(revisions: list[PaymentRevision]) -> None:
    """A batched payment was lowered to what was netted in it: a payment of 0.00 has no row.

    Once an amount is left again, an update carries it and nobody should delete it.
    """
    sent = (
        BatchItem.objects.live()
        .filter(
            payment__in=[revision.payment_id for revision in revisions],
            kind=Kind.PAYMENT_INSERT,
        )
        .prefetch_related("refund_uses")
    )
    netted = {
        item.payment_id: sum(use.amount_cents for use in item.refund_uses.all()) for item in sent
    }
    emptied = FollowUp.objects.open().filter(
        payment__in=netted, cause=FollowUp.Cause.PAYMENT_EMPTIED
    )
    known = set(emptied.values_list("payment_id", flat=True))
    for revision in revisions:
        if revision.payment_id not in netted:
            continue
        is_empty = revision.amount_cents <= netted[revision.payment_id]
        if is_empty and revision.payment_id not in known:
            raise_for_payment(revision.payment, FollowUp.Cause.PAYMENT_EMPTIED)
        elif not is_empty and revision.payment_id in known:
            emptied.filter(payment=revision.payment_id).update(
                status=FollowUp.Status.SUPERSEDED,
                closed_at=timezone.now(),
                note="The payment has an amount left again.",
            )


def _live_insert(
    *, invoice: Invoice | None = None, payment: Payment | None = None
) -> BatchItem | None:
    """Return the item that brought the document into the books; undoing it takes it out."""
    items = BatchItem.objects.live().select_related("batch")
    if invoice is not None:
        return items.filter(invoice=invoice, kind=Kind.INVOICE_INSERT).first()
    return items.filter(payment=payment, kind=Kind.PAYMENT_INSERT).first()


def _newest_amount(*, invoice: Invoice | None = None, payment: Payment | None = None) -> int | None:
    items = BatchItem.objects.newest().values_list("amount_cents", flat=True)
    if invoice is not None:
        return items.filter(invoice=invoice, kind__in=INVOICE_KINDS).first()
    return items.filter(payment=payment, kind__in=PAYMENT_KINDS).first()


def supersede_for_undone(batch: Batch, origin: Origin) -> None:
    """The batch was undone: supersede the follow-ups of its documents.

    If its zip was downloaded, one entry replaces them: to reverse the whole batch. It stays open
    even if the same documents are batched again, because loading both would double them.
    """
    FollowUp.objects.open().filter(batch=batch).update(
        status=FollowUp.Status.SUPERSEDED,
        closed_at=timezone.now(),
        closed_by=origin.user,
        note=f"Batch {batch.pk} was undone.",
    )
    supersede_for_forgotten_customers(batch, origin)
    _raise_for_undone(batch)


def _raise_for_undone(batch: Batch) -> None:
    downloads = batch.downloads.count()
    loaded = list(batch.files.filter(loaded_at__isnull=False).values_list("name", flat=True))
    if not downloads and not loaded:
        return
    times = "once" if downloads == 1 else f"{downloads} times"
    FollowUp.objects.create(
        cause=FollowUp.Cause.BATCH_UNDONE,
        batch=batch,
        amount_cents=batch.total_cents,
        problem=f"Batch {batch.pk}, {batch.name}, was undone after its zip was downloaded {times}."
        + (f" Marked as loaded: {', '.join(loaded)}." if loaded else ""),
        remedy="If any of its files was loaded into QuickBooks, reverse everything on this batch's "
        "list there before you load a new batch with the same documents. If none was, delete "
        "the zip and mark this as done.",
    )
