"""The timeline of one document, from all sources."""

from collections.abc import Iterable, Mapping

from django.db.models import Q

from accounting.models import FollowUp
from backoffice.timeline.acts import invoice_acts, payment_acts
from backoffice.timeline.batches import batch_entries, batch_ids_of
from backoffice.timeline.customers import changes_of, customer_entries
from backoffice.timeline.entries import NEWEST, Entry, Timeline, Topic, merge_newest
from backoffice.timeline.follow_ups import CUSTOMER_CAUSES, follow_up_entries
from backoffice.timeline.money import (
    credit_memo_entries,
    moves_on,
    payment_ids_of,
    refund_entries,
)
from backoffice.timeline.revisions import invoice_revisions, payment_revisions
from invoices.models import Invoice
from payments.models import Allocation, Payment
from sera_batching.audit import events_of
from sera_batching.models import AuditEvent, User


def timeline_of_invoice(invoice: Invoice, reader: User, newest: int | None = NEWEST) -> Timeline:
    """Return what happened to the invoice, newest first; 18 statements at most.

    `newest` is how many entries; None is all of them.
    """
    items = Q(invoice=invoice) | Q(credit_memo__invoice=invoice)
    kinds = batch_ids_of(items)
    payment_ids = payment_ids_of(invoice)
    changes = changes_of(invoice.customer, invoice.created_at)
    follow_ups = _follow_ups(Q(invoice=invoice), invoice, kinds, changes)
    return merge_newest(
        (
            follow_up_entries(follow_ups, reader, newest),
            batch_entries(items, kinds, reader, newest),
            customer_entries(changes, reader),
            refund_entries(payment_ids, reader, newest, names_payment=True),
            credit_memo_entries(invoice, newest),
            invoice_acts(invoice, payment_ids, reader, newest),
            moves_on(invoice, payment_ids, reader, newest),
            invoice_revisions(invoice, newest),
            [_entered(invoice)],
        ),
        newest,
    )


def timeline_of_payment(payment: Payment, reader: User, newest: int | None = NEWEST) -> Timeline:
    """Return what happened to the payment, newest first; 17 statements at most.

    `newest` is how many entries; None is all of them.
    """
    items = Q(payment=payment) | Q(refund__payment=payment)
    kinds = batch_ids_of(items)
    changes = changes_of(payment.customer, payment.created_at)
    follow_ups = _follow_ups(Q(payment=payment), payment, kinds, changes)
    allocations = Allocation.objects.filter(revision=payment.current_revision_id)
    invoice_ids = list(allocations.values_list("invoice_id", flat=True))
    return merge_newest(
        (
            follow_up_entries(follow_ups, reader, newest),
            batch_entries(items, kinds, reader, newest),
            customer_entries(changes, reader),
            refund_entries([payment.pk], reader, newest, names_payment=False),
            payment_acts(payment, invoice_ids, reader, newest),
            payment_revisions(payment, reader, newest),
        ),
        newest,
    )


def _follow_ups(
    own: Q,
    document: Invoice | Payment,
    kinds: Mapping[int, set[str]],
    changes: Iterable[tuple[AuditEvent, int]],
) -> Q:
    """Return follow-ups of the document, its batches and its customer."""
    customers = {document.customer_id, *(holder for _, holder in changes)}
    return (
        own
        | Q(cause=FollowUp.Cause.BATCH_UNDONE, batch__in=list(kinds))
        | Q(cause__in=CUSTOMER_CAUSES, customer__in=customers, raised_at__gte=document.created_at)
    )


def _entered(invoice: Invoice) -> Entry:
    """Return the first entry; a feed does not record a person per document."""
    event = events_of(invoice).filter(action="invoice.created").first()
    return Entry(
        at=invoice.created_at,
        topic=Topic.STATE,
        what="Entered",
        who=event.actor_name if event else "",
        facts=[] if event else ["Imported."],
    )
