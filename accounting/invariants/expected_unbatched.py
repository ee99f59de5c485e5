"""What Unbatched should show, worked out again from domain.md §3: plain, slow, one document a time.

Written independently of accounting/unbatched/rows.py, so that no mistake is made twice.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from accounting.models import BatchItem, Kind, RefundUse
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from invoices.models import CreditMemo, Department, Invoice
from payments.departments import department_source
from payments.models import Allocation, Payment, PaymentRevision, Refund


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One row of Unbatched; amount in cents."""

    kind: str
    number: str
    date: datetime.date
    department: str | None
    customer: str
    amount_cents: int
    revision_id: int | None
    """What would be sent: of an invoice, payment, or the invoice that a credit memo restates."""
    previous_id: int | None
    """The item that has what the books have, for an update."""


def expected_invoices(ids: list[int]) -> dict[int, ExpectedRow]:
    """Return invoice id → its row, for those of the invoices that need batching."""
    newest = _newest_items("invoice", ids)
    invoices = Invoice.objects.filter(pk__in=ids).select_related(
        "customer__merged_into", "current_revision__department"
    )
    found = {}
    for invoice in invoices:
        revision = invoice.current_revision
        if invoice.status != Invoice.Status.FINALIZED or invoice.is_on_hold or revision is None:
            continue
        sent = newest.get(invoice.pk)
        if sent is None and revision.total_cents == 0:
            continue
        if sent is not None and _sent_fingerprint(sent) == revision.fingerprint:
            continue
        found[invoice.pk] = ExpectedRow(
            kind=Kind.INVOICE_INSERT if sent is None else Kind.INVOICE_UPDATE,
            number=invoice.number,
            date=revision.date,
            department=_name(revision.department),
            customer=invoice.customer.survivor.name,
            amount_cents=revision.total_cents,
            revision_id=revision.pk,
            previous_id=sent.pk if sent else None,
        )
    return found


def expected_credit_memos(ids: list[int]) -> dict[int, ExpectedRow]:
    """Return credit memo id → its row, for those whose invoice is in the books and not held."""
    memos = list(
        CreditMemo.objects.filter(pk__in=ids).select_related(
            "invoice__customer__merged_into", "invoice"
        )
    )
    newest = _newest_items("invoice", [memo.invoice_id for memo in memos])
    batched = set(
        BatchItem.objects.live()
        .filter(credit_memo__in=ids)
        .values_list("credit_memo_id", flat=True)
    )
    found = {}
    for memo in memos:
        sent = newest.get(memo.invoice_id)
        revision = sent.invoice_revision if sent else None
        if revision is None or memo.invoice.is_on_hold or memo.pk in batched:
            continue
        found[memo.pk] = ExpectedRow(
            kind=Kind.CREDIT_MEMO,
            number=memo.number,
            date=memo.date,
            department=_name(revision.department),
            customer=memo.invoice.customer.survivor.name,
            amount_cents=revision.total_cents,
            revision_id=revision.pk,
            previous_id=None,
        )
    return found


def expected_payments(ids: list[int]) -> dict[int, ExpectedRow]:
    """Return payment id → its row, for those to be inserted or updated."""
    payments = list(
        Payment.objects.filter(pk__in=ids)
        .select_related("customer__merged_into", "current_revision__job__department")
        .prefetch_related(
            "refunds", Prefetch("refund_uses", RefundUse.objects.netted()), _allocations()
        )
    )
    newest = _newest_items("payment", ids)
    invoices = _newest_items("invoice", {part.invoice_id for one in payments for part in _of(one)})
    found = {}
    for payment in payments:
        revision = payment.current_revision
        is_held = any(part.invoice.is_on_hold for part in _of(payment))
        if revision is None or payment.state != Payment.State.ACTIVE or is_held:
            continue
        sent = newest.get(payment.pk)
        left = revision.amount_cents - _taken_off(payment, sent)
        if left <= 0 or (sent is not None and not _is_to_be_repointed(payment, sent, invoices)):
            continue
        found[payment.pk] = ExpectedRow(
            kind=Kind.PAYMENT_INSERT if sent is None else Kind.PAYMENT_UPDATE,
            number=payment.number,
            date=revision.date,
            department=_department_of(revision),
            customer=payment.customer.survivor.name,
            amount_cents=left,
            revision_id=revision.pk,
            previous_id=sent.pk if sent else None,
        )
    return found


def expected_journals(ids: list[int]) -> dict[int, ExpectedRow]:
    """Return refund id → its row, for those made after their payment was batched."""
    refunds = list(
        Refund.objects.filter(pk__in=ids)
        .select_related(
            "payment__customer__merged_into", "payment__current_revision__job__department"
        )
        .prefetch_related(
            Prefetch("uses", RefundUse.objects.in_books()),
            _allocations("payment__current_revision__"),
        )
    )
    newest = _newest_items("payment", [refund.payment_id for refund in refunds])
    found = {}
    for refund in refunds:
        payment, revision = refund.payment, refund.payment.current_revision
        is_in_the_books = bool(refund.uses.all())
        is_gone = payment.state == Payment.State.REMOVED
        if revision is None or payment.pk not in newest or is_in_the_books or is_gone:
            continue
        found[refund.pk] = ExpectedRow(
            kind=Kind.JOURNAL,
            number=refund.number,
            date=refund.date,
            department=_department_of(revision),
            customer=payment.customer.survivor.name,
            amount_cents=refund.amount_cents,
            revision_id=revision.pk,
            previous_id=None,
        )
    return found


def _newest_items(document: str, ids: Iterable[int]) -> dict[int, BatchItem]:
    """Return document id → its live item in the latest batch: what the books have."""
    kinds = INVOICE_KINDS if document == "invoice" else PAYMENT_KINDS
    items = (
        BatchItem.objects.live()
        .filter(**{f"{document}__in": list(ids)}, kind__in=kinds)
        .select_related("invoice_revision__department", "payment_revision")
    )
    found: dict[int, BatchItem] = {}
    for item in items:
        key = getattr(item, f"{document}_id")
        if key not in found or found[key].batch_id < item.batch_id:
            found[key] = item
    return found


def _sent_fingerprint(item: BatchItem) -> str:
    revision = item.invoice_revision or item.payment_revision
    return revision.fingerprint if revision else ""


def _allocations(path: str = "current_revision__") -> "Prefetch[str, QuerySet[Allocation], str]":
    parts = Allocation.objects.order_by("position").select_related(
        "invoice__current_revision__department", "invoice__draft__department"
    )
    return Prefetch(f"{path}allocations", queryset=parts)


def _of(payment: Payment) -> list[Allocation]:
    return list(payment.current_revision.allocations.all()) if payment.current_revision else []


def _taken_off(payment: Payment, sent: BatchItem | None) -> int:
    """Return what reduces the rows: before the first batch every refund, afterwards the netted
    ones."""
    if sent is None:
        return sum(refund.amount_cents for refund in payment.refunds.all())
    return sum(use.amount_cents for use in payment.refund_uses.all())


def _is_to_be_repointed(payment: Payment, sent: BatchItem, invoices: dict[int, BatchItem]) -> bool:
    """(a) to (c) by fingerprint; (d) an invoice that it names went out later."""
    revision = payment.current_revision
    if revision is None or _sent_fingerprint(sent) != revision.fingerprint:
        return True
    if revision.job is not None and revision.job.is_imported:
        return False
    return any(
        part.invoice.status not in (Invoice.Status.VOID, Invoice.Status.CANCELLED)
        and part.invoice_id in invoices
        and invoices[part.invoice_id].batch_id > sent.batch_id
        for part in _of(payment)
    )


def _department_of(revision: PaymentRevision) -> str | None:
    """Return the name of its department; the first invoice is looked up in its allocations."""
    parts = list(revision.allocations.all())
    source = department_source(revision.job, parts[0].invoice if parts else None)
    return _name(source.department) if source else None


def _name(department: Department | None) -> str | None:
    return department.name if department else None
