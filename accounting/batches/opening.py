"""The Opening batch: what the books had before this application (feed.md, `batched_before`).

It has no zip and is never undone. Each document in it is an insert in its current form. Nothing is
netted and no row is capped, because the books have it already.
"""

from typing import Any, Final

from django.db.models import F, Max, Q

from accounting.batches.claim import snapshot_parties
from accounting.batches.payment_rows import BLANK_ROW_POSITION
from accounting.batches.settings import settings_of
from accounting.models import (
    OPENING_BATCH_ID,
    Batch,
    BatchItem,
    BatchParty,
    Kind,
    PaymentRow,
    RefundUse,
)
from invoices.models import Customer, Invoice
from invoices.services.freezing import lock_invoice
from invoices.services.lifecycle import require_open_to_change
from payments.departments import department_source
from payments.models import Payment, PaymentRevision, Refund
from payments.rows import rows_before_netting
from payments.services.freezing import current_of, lock_payment
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.exceptions import Refused
from sera_batching.models import Company
from sera_batching.origin import Origin

OPENING_BATCH_NAME: Final = "Opening"


@retry_when_given_up
def put_in_opening_batch(*, document: Invoice | Payment | Refund, origin: Origin) -> bool:
    """Put the document's current form into the Opening batch; False if it is there already.

    Raises Refused for what the books cannot have (never finalized, void, cancelled, removed; a
    refund whose payment they did not hold), and for a document that is in another live batch.
    """
    with document_action(origin=origin, permission="accounting.import_feed"):
        if isinstance(document, Invoice):
            item = _invoice_item(document, origin)
        elif isinstance(document, Payment):
            item = _payment_item(document, origin)
        else:
            item = _refund_item(document, origin)
        if item is None:
            return False
        record_by_person(origin=origin, action="batch.opened_with", target=document)
    return True


def _invoice_item(invoice: Invoice, origin: Origin) -> BatchItem | None:
    lock_invoice(invoice)
    if _is_in_opening_batch(invoice, Q(invoice=invoice)):
        return None
    require_open_to_change(invoice)
    revision = invoice.current_revision
    if revision is None:
        raise Refused(
            f"Invoice {invoice.number} was never finalized, so the books can't have it. Send "
            "it as finalized first."
        )
    return _write_item(
        Kind.INVOICE_INSERT,
        origin=origin,
        customer=invoice.customer.survivor,
        number=invoice.number,
        date=revision.date,
        amount_cents=revision.total_cents,
        department_id=revision.department_id,
        fingerprint=revision.fingerprint,
        invoice=invoice,
        invoice_revision=revision,
    )


def _payment_item(payment: Payment, origin: Origin) -> BatchItem | None:
    lock_payment(payment)
    if _is_in_opening_batch(payment, Q(payment=payment)):
        return None
    if payment.state == Payment.State.REMOVED:
        raise Refused(f"Payment {payment.number} was removed, so the books can't have it.")
    revision = current_of(payment)
    item = _write_item(
        Kind.PAYMENT_INSERT,
        origin=origin,
        customer=payment.customer.survivor,
        number=payment.number,
        date=revision.date,
        amount_cents=revision.amount_cents,
        department_id=_department_of(revision),
        fingerprint=revision.fingerprint,
        payment=payment,
        payment_revision=revision,
    )
    _write_rows(item, revision)
    return item


def _refund_item(refund: Refund, origin: Origin) -> BatchItem | None:
    payment = refund.payment
    lock_payment(payment)
    in_books = RefundUse.objects.in_books().filter(refund=refund)
    if _is_in_opening_batch(refund, Q(refund=refund) | Q(refund_uses__in=in_books)):
        return None
    if payment.state == Payment.State.REMOVED:
        raise Refused(f"Payment {payment.number} was removed, so the books have no refund of it.")
    # Not any live batch: undoing a later one would leave a journal without its payment.
    if not BatchItem.objects.live().filter(payment=payment, batch=OPENING_BATCH_ID).exists():
        raise Refused(
            f"The books didn't have payment {payment.number} of refund {refund.number} "
            "before. Send batched_before for the payment first."
        )
    revision = current_of(payment)
    item = _write_item(
        Kind.JOURNAL,
        origin=origin,
        customer=payment.customer.survivor,
        number=refund.number,
        date=refund.date,
        amount_cents=refund.amount_cents,
        department_id=_department_of(revision),
        refund=refund,
        payment_revision=revision,
    )
    RefundUse.objects.create(
        item=item,
        refund=refund,
        payment=payment,
        use=RefundUse.Use.JOURNAL,
        amount_cents=refund.amount_cents,
    )
    return item


def _is_in_opening_batch(document: Invoice | Payment | Refund, is_its: Q) -> bool:
    """Return whether it is in the batch; raise Refused if it is in other live batches only."""
    batch_ids = set(BatchItem.objects.live().filter(is_its).values_list("batch_id", flat=True))
    if batch_ids and OPENING_BATCH_ID not in batch_ids:
        noun = str(document._meta.verbose_name).capitalize()
        raise Refused(
            f"{noun} {document} is already in batch {min(batch_ids)}, so it wasn't in the "
            "books before."
        )
    return bool(batch_ids)


def _department_of(revision: PaymentRevision) -> int | None:
    source = department_source(revision.job, revision.first_invoice)
    return source.department_id if source else None


def _write_rows(item: BatchItem, revision: PaymentRevision) -> None:
    allocations = [
        (one.invoice_id, one.invoice_revision_id is not None, one.amount_cents)
        for one in revision.allocations.all()
    ]
    rows = rows_before_netting(allocations, revision.amount_cents)
    PaymentRow.objects.bulk_create(
        PaymentRow(
            item=item,
            position=BLANK_ROW_POSITION if row.invoice_id is None else position,
            invoice_id=row.invoice_id,
            amount_cents=row.amount_cents,
        )
        for position, row in enumerate(rows, 1)
    )


def _write_item(
    kind: Kind, *, origin: Origin, customer: Customer, amount_cents: int, **fields: Any
) -> BatchItem:
    batch = _opening_batch(origin)
    places = BatchItem.objects.filter(batch=batch, kind=kind)
    item = BatchItem.objects.create(
        batch=batch,
        kind=kind,
        position=(places.aggregate(last=Max("position"))["last"] or 0) + 1,
        party=_party(batch, customer),
        customer=customer,
        amount_cents=amount_cents,
        **fields,
    )
    Batch.objects.filter(pk=batch.pk).update(
        document_count=F("document_count") + 1, total_cents=F("total_cents") + amount_cents
    )
    return item


def _opening_batch(origin: Origin) -> Batch:
    batch, _ = Batch.objects.get_or_create(
        pk=OPENING_BATCH_ID,
        defaults={
            "name": OPENING_BATCH_NAME,
            "status": Batch.Status.READY,
            "created_by": origin.user,
            "company_settings": settings_of(Company.current()).to_json(),
        },
    )
    return batch


def _party(batch: Batch, customer: Customer) -> BatchParty:
    party = BatchParty.objects.filter(batch=batch, customer=customer).first()
    if party is None:
        snapshot_parties(batch, Customer.objects.filter(pk=customer.pk))
        party = BatchParty.objects.get(batch=batch, customer=customer)
    return party
