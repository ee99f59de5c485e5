"""Money on an invoice, refunds of payments, and legacy credit memos."""

from collections.abc import Collection

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounting.models import RefundUse
from backoffice.book_status import uses_of
from backoffice.timeline.entries import (
    Entry,
    Link,
    Topic,
    first_rows,
    link_to_batch,
    link_to_payment,
)
from invoices.models import CreditMemo, Invoice
from payments.models import Allocation, PaymentRevision, Refund
from sera_batching.models import AuditEvent, User
from sera_batching.money import cents_display


def payment_ids_of(invoice: Invoice) -> list[int]:
    """Return the payments with any revision allocated to the invoice; one statement."""
    allocations = Allocation.objects.filter(invoice=invoice).order_by()
    return list(allocations.values_list("revision__payment_id", flat=True).distinct())


def moves_on(
    invoice: Invoice, payment_ids: Collection[int], reader: User, newest: int | None
) -> list[Entry]:
    """Return what payments added to the invoice and took from it; one statement."""
    if not payment_ids:
        return []
    here = Allocation.objects.filter(invoice=invoice)
    before = here.filter(
        revision__payment=OuterRef("payment"), revision__sequence=OuterRef("sequence") - 1
    )
    moves = (
        PaymentRevision.objects.filter(payment__in=payment_ids)
        .annotate(
            here_cents=_cents(here.filter(revision=OuterRef("pk"))),
            before_cents=_cents(before),
        )
        .exclude(here_cents=F("before_cents"))
        .select_related("payment", "frozen_by")
        .order_by("-frozen_at", "-pk")
    )
    return [_move(revision, reader) for revision in first_rows(moves, newest)]


def _cents(allocations: QuerySet[Allocation]) -> Coalesce:
    return Coalesce(Subquery(allocations.values("amount_cents")[:1]), 0)


def _move(revision: PaymentRevision, reader: User) -> Entry:
    here: int = revision.here_cents  # type: ignore[attr-defined]
    before: int = revision.before_cents  # type: ignore[attr-defined]
    number = revision.payment.number
    facts: list[str] = []
    if before and here:
        what = f"Payment {number} reallocated"
        facts = [f"Previously {cents_display(before)} for this invoice."]
    elif here:
        what = f"Payment {number} " + (
            "taken" if revision.sequence == 1 else "applied to this invoice"
        )
    else:
        what = f"Payment {number} removed from this invoice"
        facts = [f"It was {cents_display(before)}."]
    return Entry(
        at=revision.frozen_at,
        topic=Topic.MONEY,
        what=what,
        who=revision.frozen_by.get_username(),
        source=revision.source,
        why=revision.reason,
        amount_cents=here,
        facts=facts,
        links=[link_to_payment(number, revision.payment_id, reader)],
    )


def refund_entries(
    payment_ids: Collection[int], reader: User, newest: int | None, *, names_payment: bool
) -> list[Entry]:
    """Return the refunds of payments, each with how it reached the books; two statements."""
    if not payment_ids:
        return []
    found = Refund.objects.filter(payment__in=payment_ids).select_related("payment", "recorded_by")
    refunds: list[Refund] = first_rows(found.order_by("-recorded_at", "-pk"), newest)
    uses = uses_of(refunds) if refunds else {}
    return [_refund(one, uses.get(one.pk), reader, names_payment) for one in refunds]


def _refund(refund: Refund, use: RefundUse | None, reader: User, names_payment: bool) -> Entry:
    links: list[Link] = []
    if names_payment:
        links.append(link_to_payment(refund.payment.number, refund.payment_id, reader))
    if use is not None:
        links.append(link_to_batch(use.item.batch, reader))
    of_payment = f" of payment {refund.payment.number}" if names_payment else ""
    reached = f"{use.get_use_display()}." if use else "Not in the books yet."
    return Entry(
        at=refund.recorded_at,
        topic=Topic.MONEY,
        what=f"Refund {refund.number}{of_payment} by {refund.get_method_display().lower()}",
        who=refund.recorded_by.get_username(),
        source=refund.source,
        why=refund.memo,
        amount_cents=refund.amount_cents,
        facts=[reached],
        links=links,
    )


def credit_memo_entries(invoice: Invoice, newest: int | None) -> list[Entry]:
    """Return the legacy credit memos of the invoice; two statements."""
    found = CreditMemo.objects.filter(invoice=invoice).order_by("-recorded_at", "-pk")
    memos: list[CreditMemo] = first_rows(found, newest)
    recorded = AuditEvent.objects.filter(
        target_type=CreditMemo._meta.label_lower, target_id__in=[str(memo.pk) for memo in memos]
    )
    people = dict(recorded.values_list("target_id", "actor_name")) if memos else {}
    return [
        Entry(
            at=memo.recorded_at,
            topic=Topic.MONEY,
            what=f"Credit memo {memo.number} recorded",
            who=people.get(str(memo.pk), ""),
            source=memo.source,
        )
        for memo in memos
    ]
