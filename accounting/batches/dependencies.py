"""Which later live batches build on a batch, so that it cannot be undone alone (domain.md §8)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from accounting.models import Batch, BatchItem, Kind, PaymentRow
from accounting.models.items import live_items


@dataclass(frozen=True, slots=True)
class Dependency:
    """A later live batch that builds on an earlier one: how many of its documents, and why."""

    later_id: int
    earlier_id: int
    document_count: int
    why: str


def find_dependencies(batch: Batch) -> tuple[Dependency, ...]:
    """Return the graph of later live batches that depend on this one, directly or not."""
    found: list[Dependency] = []
    reached = {batch.pk}
    frontier = {batch.pk}
    while frontier:
        step = _direct_dependencies(frontier)
        found += step
        frontier = {dependency.later_id for dependency in step} - reached
        reached |= frontier
    return tuple(sorted(found, key=lambda each: (-each.later_id, each.earlier_id, each.why)))


def _direct_dependencies(batch_ids: set[int]) -> list[Dependency]:
    """The four ways in which a later live batch depends on an earlier one (domain.md §8)."""
    live = BatchItem.objects.live().order_by()
    inserted = live.filter(batch__in=batch_ids)
    inserted_invoice = inserted.filter(kind=Kind.INVOICE_INSERT)
    inserted_payment = inserted.filter(kind=Kind.PAYMENT_INSERT)
    updates = live.filter(previous__batch__in=batch_ids).annotate(
        earlier_id=F("previous__batch_id"), document=F("pk")
    )
    # A join instead of a subquery per row: there are as many rows as payments ever sent.
    insert = FilteredRelation(
        "invoice__batch_items",
        condition=live_items("invoice__batch_items")
        & Q(
            invoice__batch_items__batch__in=batch_ids,
            invoice__batch_items__kind=Kind.INVOICE_INSERT,
        ),
    )
    on_invoices = (
        PaymentRow.objects.annotate(insert=insert)
        .filter(live_items("item"), insert__isnull=False)
        .order_by()
        .annotate(
            batch_id=F("item__batch_id"),
            document=F("item_id"),
            earlier_id=F("insert__batch_id"),
        )
    )
    # Found by a column that only they have; by kind alone, every item ever sent would be read.
    journals = live.filter(kind=Kind.JOURNAL, refund__isnull=False).annotate(
        document=F("pk"),
        earlier_id=Subquery(
            inserted_payment.filter(payment=OuterRef("refund__payment_id")).values("batch_id")[:1]
        ),
    )
    credit_memos = live.filter(kind=Kind.CREDIT_MEMO, credit_memo__isnull=False).annotate(
        document=F("pk"),
        earlier_id=Subquery(
            inserted_invoice.filter(invoice=OuterRef("credit_memo__invoice_id")).values("batch_id")[
                :1
            ]
        ),
    )
    return [
        *_count_by_batch(updates, "updates what batch {earlier} sent"),
        *_count_by_batch(on_invoices, "has payments on invoices that batch {earlier} sent"),
        *_count_by_batch(journals, "refunds payments that batch {earlier} sent"),
        *_count_by_batch(credit_memos, "credits invoices that batch {earlier} sent"),
    ]


def _count_by_batch(rows: QuerySet[Any], why: str) -> list[Dependency]:
    counted = (
        rows.filter(earlier_id__isnull=False, batch_id__gt=F("earlier_id"))
        .values("batch_id", "earlier_id")
        .annotate(document_count=Count("document", distinct=True))
    )
    return [
        Dependency(later, earlier, count, why.format(earlier=earlier))
        for later, earlier, count in counted.values_list("batch_id", "earlier_id", "document_count")
    ]
