"""How an invoice or payment, and related documents, stand with regard to the next batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q

from accounting.models import BatchItem, FollowUp
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.flags import RowKey, key_of
from accounting.unbatched.rows import (
    ROW_COLUMNS,
    UnbatchedRow,
    unbatched_credit_memos,
    unbatched_invoices,
    unbatched_payments,
    unbatched_refunds,
)
from invoices.models import Invoice
from payments.models import Allocation, Payment, Refund
from sera_batching.models import Company


@dataclass(frozen=True, slots=True)
class Related:
    """The documents whose place in the next batch an action on one document can change."""

    invoices: dict[int, Invoice]
    payments: dict[int, Payment]
    refunds: dict[int, Refund]
    """Refunds of these payments."""


@dataclass(frozen=True, slots=True)
class BatchingState:
    """Related documents as of now: their rows on Unbatched, and their follow-ups."""

    related: Related
    rows: dict[RowKey, UnbatchedRow]
    blocked: dict[RowKey, list[str]]
    """Why a row is blocked."""
    sent: dict[RowKey, int]
    """Invoice or payment → the newest live batch that has it."""
    held_by: dict[int, str]
    """Payment → number of one of its invoices that is held."""
    follow_ups: dict[int, FollowUp]
    """Those that are open."""


def batching_state_of(document: Invoice | Payment | None) -> BatchingState:
    """Return the current state of a document from the database; a dozen statements.

    An invoice includes its credit memos and the payments that name it, a payment its refunds; None,
    for a document that does not exist yet, has nothing.
    """
    related = _related_to(document)
    profile = Company.current().profile
    rows = {key_of(row): row for row in _rows(related, profile)}
    on_documents = Q(invoice__in=related.invoices) | Q(payment__in=related.payments)
    return BatchingState(
        related=related,
        rows=rows,
        blocked=block_reasons(list(rows.values()), profile),
        sent=_sent(on_documents),
        held_by=_held_by(related.payments),
        follow_ups=FollowUp.objects.open().filter(on_documents).in_bulk(),
    )


def _related_to(document: Invoice | Payment | None) -> Related:
    if document is None:
        return Related({}, {}, {})
    invoices: dict[int, Invoice] = {}
    payments = Payment.objects.order_by("number")
    if isinstance(document, Invoice):
        invoices = Invoice.objects.select_related("current_revision").in_bulk([document.pk])
        payments = payments.filter(current_revision__allocations__invoice=document.pk)
    else:
        payments = payments.filter(pk=document.pk)
    found = {payment.pk: payment for payment in payments}
    refunds = Refund.objects.filter(payment__in=found).order_by("number")
    return Related(invoices, found, {refund.pk: refund for refund in refunds})


def _rows(related: Related, profile: str) -> Iterable[UnbatchedRow]:
    sources: list[Any] = []
    if related.invoices:
        sources.append(unbatched_invoices(profile).filter(pk__in=related.invoices))
        sources.append(unbatched_credit_memos(profile).filter(invoice__in=related.invoices))
    if related.payments:
        sources.append(unbatched_payments(profile).filter(pk__in=related.payments))
    if related.refunds:
        sources.append(unbatched_refunds(profile).filter(pk__in=related.refunds))
    for source in sources:
        for values in source.order_by("pk").values_list(*ROW_COLUMNS):
            yield UnbatchedRow(*values)


def _sent(on_documents: Q) -> dict[RowKey, int]:
    items = BatchItem.objects.newest().filter(on_documents)
    return {
        ("invoice", invoice_id) if invoice_id else ("payment", payment_id): batch_id
        for invoice_id, payment_id, batch_id in items.values_list(
            "invoice_id", "payment_id", "batch_id"
        )
    }


def _held_by(payments: Iterable[int]) -> dict[int, str]:
    held = Allocation.objects.filter(
        revision__payment__in=payments,
        revision__payment__current_revision=F("revision"),
        invoice__is_on_hold=True,
    )
    return dict(held.values_list("revision__payment_id", "invoice__number"))
