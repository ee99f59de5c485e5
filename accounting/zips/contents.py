"""What each of a batch's seven files holds, counted from its items, built or not."""

from dataclasses import dataclass

from django.db.models import Count, Sum

from accounting.models import Batch, BatchItem, ItemWarning, Kind, PaymentRow
from accounting.workbooks.layouts import FILES, WARNINGS

JOURNAL_LINES = 2


@dataclass(frozen=True, slots=True)
class FileContent:
    """One of the seven files, all its parts together; total in cents, 0 for Warnings."""

    number: int
    title: str
    document_count: int
    row_count: int
    total_cents: int


def count_contents(batch: Batch) -> tuple[FileContent, ...]:
    """Return the documents, rows and totals of the seven files; six statements."""
    items = BatchItem.objects.filter(batch=batch).order_by()
    totals = {
        kind: (count, cents)
        for kind, count, cents in items.values("kind")
        .annotate(count=Count("pk"), cents=Sum("amount_cents"))
        .values_list("kind", "count", "cents")
    }
    rows = _count_rows(batch)
    warnings = ItemWarning.objects.filter(item__batch=batch).aggregate(
        documents=Count("item", distinct=True), rows=Count("pk")
    )
    return tuple(
        FileContent(file.number, file.title, warnings["documents"], warnings["rows"], 0)
        if file.number == WARNINGS
        else FileContent(
            file.number,
            file.title,
            totals.get(file.kind, (0, 0))[0],
            rows.get(file.kind, 0),
            totals.get(file.kind, (0, 0))[1],
        )
        for file in FILES
    )


def _count_rows(batch: Batch) -> dict[str, int]:
    """Return kind → rows: of an invoice one a line, and at least one; of a journal two."""
    items = BatchItem.objects.filter(batch=batch).order_by()
    of_revisions = items.filter(invoice_revision__isnull=False)
    lines = of_revisions.values("kind").annotate(count=Count("invoice_revision__lines"))
    counts: dict[str, int] = dict(lines.values_list("kind", "count"))
    without = of_revisions.filter(invoice_revision__lines__isnull=True)
    for kind, count in without.values_list("kind").annotate(count=Count("pk")):
        counts[kind] += count
    payment_rows = PaymentRow.objects.filter(item__batch=batch).order_by()
    counts |= dict(payment_rows.values_list("item__kind").annotate(count=Count("pk")))
    counts[Kind.JOURNAL] = JOURNAL_LINES * items.filter(kind=Kind.JOURNAL).count()
    return counts
