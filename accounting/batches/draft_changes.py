"""What changed between opening the confirmation window and confirming it (domain.md §4)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounting.batches.settings import settings_of
from accounting.checks.settings import check_draft_against_settings
from accounting.models import BatchItem, Draft, DraftItem, Kind
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.unbatched.block_reasons import Subject, reasons_of
from accounting.unbatched.kept_out import (
    KeptOut,
    why_invoice_is_kept_out,
    why_payment_is_kept_out,
)
from accounting.unbatched.rows import (
    unbatched_credit_memos,
    unbatched_invoices,
    unbatched_payments,
    unbatched_refunds,
)
from invoices.models import Invoice
from payments.models import Allocation, Payment
from sera_batching.models import Company

_SOURCES: Final[Sequence[tuple[str, Collection[str], Callable[[str], QuerySet[Any]]]]] = (
    ("invoice", INVOICE_KINDS, unbatched_invoices),
    ("credit_memo", (Kind.CREDIT_MEMO,), unbatched_credit_memos),
    ("payment", PAYMENT_KINDS, unbatched_payments),
    ("refund", (Kind.JOURNAL,), unbatched_refunds),
)
"""Document, its kinds, and its rows of Unbatched."""


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """A document of a draft that is no longer what the user saw."""

    draft_item_id: int
    kind: str
    number: str
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind, "number": self.number, "reason": self.reason}


def find_changed(draft: Draft) -> list[ChangedItem]:
    """Return the documents whose Unbatched row is gone or differs from what the user saw.

    A row is unchanged if its kind, frozen revision, amount left and previous item are the same and
    it is not blocked. One statement for each sort of document, plus a few for those that changed.
    """
    company = Company.current()
    profile = company.profile
    kinds = draft.kinds()
    moved: list[ChangedItem] = []
    for field, own_kinds, source in _SOURCES:
        if kinds.isdisjoint(own_kinds):
            continue
        items = DraftItem.objects.filter(draft=draft, **{f"{field}__isnull": False})
        # Details are read for the few that changed, not for every row.
        same = _same(f"{field}_id", source(profile))
        gone = items.filter(~Exists(same)).order_by("date", "number")
        moved += _reasons(list(gone.values_list("pk", flat=True)), profile)
    return moved + _misfits(draft, company, {one.draft_item_id for one in moved})


def _reasons(draft_item_ids: Sequence[int], profile: str) -> Iterator[ChangedItem]:
    for start in range(0, len(draft_item_ids), 1000):
        gone = DraftItem.objects.filter(pk__in=draft_item_ids[start : start + 1000]).select_related(
            "invoice__current_revision",
            "payment__current_revision",
            "refund__payment",
            "credit_memo__invoice",
            "draft",
        )
        for item in gone.order_by("date", "number"):
            yield ChangedItem(item.pk, item.kind, item.number, _why(item, profile))


def _misfits(draft: Draft, company: Company, named: Collection[int]) -> list[ChangedItem]:
    """Return what the settings exclude now, having changed since."""
    return [
        ChangedItem(item.pk, item.kind, item.number, reason)
        for is_misfit, reason in check_draft_against_settings(draft, settings_of(company))
        for item in draft.items.filter(is_misfit).order_by("date", "number")
        if item.pk not in named
    ]


def _same(field: str, source: QuerySet[Any]) -> QuerySet[Any]:
    zero = Value(0, output_field=BigIntegerField())
    same: QuerySet[Any] = (
        source.order_by()
        .annotate(
            now_previous=Coalesce(F("row_previous_id"), zero),
            now_invoice_revision=Coalesce(F("row_invoice_revision_id"), zero),
            now_payment_revision=Coalesce(F("row_payment_revision_id"), zero),
        )
        .filter(
            pk=OuterRef(field),
            row_kind=OuterRef("kind"),
            row_amount_cents=OuterRef("amount_cents"),
            row_is_blocked=False,
            now_previous=Coalesce(OuterRef("previous_id"), zero),
            now_invoice_revision=Coalesce(OuterRef("invoice_revision_id"), zero),
            now_payment_revision=Coalesce(OuterRef("payment_revision_id"), zero),
        )
    )
    return same


def _why(item: DraftItem, profile: str) -> str:
    """Return a sentence on what happened to a document since the user saw it."""
    if batched := _batched_by(item):
        return f"It was put in batch {batched.batch_id} by {batched.batch.created_by}."
    if item.invoice:
        return _why_invoice(item, item.invoice, profile)
    if item.payment:
        return _why_payment(item, item.payment, profile)
    if item.credit_memo and item.credit_memo.invoice.is_on_hold:
        return "Its invoice was marked Do Not Batch."
    if item.refund and item.refund.payment.current_revision_id != item.payment_revision_id:
        return "Its payment was changed."
    return _why_blocked(item, profile)


def _batched_by(item: DraftItem) -> BatchItem | None:
    """Return the item by which somebody else batched the document since."""
    same_document = Q(
        invoice=item.invoice_id,
        payment=item.payment_id,
        refund=item.refund_id,
        credit_memo=item.credit_memo_id,
    )
    later = (
        BatchItem.objects.live()
        .filter(same_document, pk__gt=item.previous_id or 0)
        .select_related("batch__created_by")
    )
    return later.order_by("-pk").first()


def _why_invoice(item: DraftItem, invoice: Invoice, profile: str) -> str:
    match why_invoice_is_kept_out(invoice):
        case KeptOut.STATE:
            return f"It is now {invoice.get_status_display().lower()}."
        case KeptOut.ON_HOLD:
            return "It was marked Do Not Batch."
        case KeptOut.UNLOCKED:
            return "It was unlocked for editing."
    if invoice.current_revision_id != item.invoice_revision_id:
        return "It was changed."
    return _why_blocked(item, profile)


def _why_payment(item: DraftItem, payment: Payment, profile: str) -> str:
    held = Allocation.objects.filter(revision=payment.current_revision_id, invoice__is_on_hold=True)
    match why_payment_is_kept_out(payment, is_held=held.exists):
        case KeptOut.STATE:
            return f"It is now {payment.get_state_display().lower()}."
        case KeptOut.ON_HOLD:
            return "One of its invoices was marked Do Not Batch."
    if payment.current_revision_id != item.payment_revision_id:
        return "It or an invoice that it pays was changed."
    if item.kind == Kind.PAYMENT_INSERT and payment.refunds.exists():
        return "It was refunded."
    return _why_blocked(item, profile)


def _why_blocked(item: DraftItem, profile: str) -> str:
    """Return what blocks the document now, or else what must have happened."""
    document, document_id = next(
        (name, pk)
        for name in ("invoice", "payment", "refund", "credit_memo")
        if (pk := getattr(item, f"{name}_id")) is not None
    )
    subject = Subject(
        document=document,
        document_id=document_id,
        date=item.date,
        customer_id=item.customer_id,
        invoice_revision_id=item.invoice_revision_id,
        payment_revision_id=item.payment_revision_id,
        previous_id=item.previous_id,
    )
    (reasons,) = reasons_of([subject], profile)
    if reasons:
        return " ".join(reasons)
    if item.credit_memo or item.refund:
        return "It no longer needs batching because the document that it belongs to has changed."
    return "The batch that it depends on was undone." if item.previous_id else "It was changed."
