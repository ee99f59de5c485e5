"""What the books have of one document, by its batches, for the document's page."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounting.models import BatchItem, RefundUse
from accounting.unbatched.rows import unbatched_payments
from invoices.differences import Difference, invoice_differences
from invoices.models import CreditMemo, Invoice, InvoiceRevision
from payments.differences import payment_differences
from payments.models import Payment, PaymentRevision, Refund
from sera_batching.models import Company


@dataclass(frozen=True, slots=True)
class BookStatus:
    """How a document stands in the books (domain.md §2, needs batching)."""

    items: list[BatchItem]
    """Newest batch first, undone ones too."""
    newest: BatchItem | None
    """What the books have: the newest item in a live batch."""
    is_changed: bool
    """The document is no longer what was sent."""
    differences: list[Difference]

    @property
    def text(self) -> str:
        if self.newest is None:
            return "not in the books yet"
        name = "the Opening batch" if self.newest.batch.is_opening else str(self.newest.batch_id)
        batch = name if self.newest.batch.is_opening else f"batch {name}"
        return f"changed since {batch}" if self.is_changed else f"in the books as of {batch}"

    @property
    def css(self) -> str:
        if self.newest is None:
            return "mark"
        return "mark mark-warning" if self.is_changed else "mark mark-good"


def books_of_invoice(invoice: Invoice) -> BookStatus:
    """Return the invoice's batches, and what changed since the last of them that is live."""
    items = list(
        BatchItem.objects.filter(invoice=invoice)
        .select_related("batch__created_by", "invoice_revision")
        .order_by("-batch_id")
    )
    newest = next((item for item in items if item.is_newest), None)
    if newest is None or newest.invoice_revision_id == invoice.current_revision_id:
        return BookStatus(items, newest, False, [])
    revisions = (
        InvoiceRevision.objects.filter(
            pk__in=[newest.invoice_revision_id, invoice.current_revision_id]
        )
        .select_related("job", "department")
        .prefetch_related("lines")
    )
    by_id = {revision.pk: revision for revision in revisions}
    sent = by_id[newest.invoice_revision_id or 0]
    current = by_id[invoice.current_revision_id or 0]
    is_changed = newest.fingerprint != current.fingerprint
    return BookStatus(
        items, newest, is_changed, invoice_differences(sent, current) if is_changed else []
    )


def books_of_payment(payment: Payment) -> BookStatus:
    """Return the payment's batches with the rows sent, and what changed since the last live one.

    An invoice that went out later also makes the payment an update (§3, d).
    """
    items = list(
        BatchItem.objects.filter(payment=payment)
        .select_related("batch__created_by", "payment_revision")
        .prefetch_related("payment_rows__invoice", "refund_uses__refund")
        .order_by("-batch_id")
    )
    newest = next((item for item in items if item.is_newest), None)
    if newest is None:
        return BookStatus(items, None, False, [])
    revisions = (
        PaymentRevision.objects.filter(
            pk__in=[newest.payment_revision_id, payment.current_revision_id]
        )
        .select_related("job")
        .prefetch_related("allocations__invoice", "allocations__invoice_revision")
    )
    by_id = {revision.pk: revision for revision in revisions}
    sent = by_id[newest.payment_revision_id or 0]
    current = by_id[payment.current_revision_id or 0]
    if newest.fingerprint != current.fingerprint:
        return BookStatus(items, newest, True, payment_differences(sent, current))
    return BookStatus(items, newest, _must_be_repointed(payment), [])


def _must_be_repointed(payment: Payment) -> bool:
    profile = Company.current().profile
    return unbatched_payments(profile).filter(pk=payment.pk).exists()


def credit_memo_items(memos: list[CreditMemo]) -> dict[int, BatchItem]:
    """Return credit memo id → the live item that carried it; one statement."""
    items = BatchItem.objects.live().filter(credit_memo__in=memos).select_related("batch")
    return {item.credit_memo_id: item for item in items if item.credit_memo_id}


def refund_uses(payment: Payment) -> dict[int, RefundUse]:
    """Return refund id → how it reached the books; one statement."""
    return uses_of(payment.refunds.all())


def uses_of(refunds: Iterable[Refund]) -> dict[int, RefundUse]:
    """Return refund id → how it reached the books; one statement."""
    uses = RefundUse.objects.in_books().filter(refund__in=refunds).select_related("item__batch")
    return {use.refund_id: use for use in uses}
