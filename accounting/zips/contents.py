"""What each of the seven files holds: of a batch, built or not, and of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, QuerySet, Sum

from accounting.models import Batch, BatchItem, ItemWarning, Kind, PaymentRow
from accounting.workbooks.layouts import FILES, WARNINGS

JOURNAL_LINES: Final = 2
"""Rows of a journal entry: a debit and a credit."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """One of the seven files, all its parts together; total in cents, 0 for Warnings."""

    number: int
    title: str
    document_count: int
    row_count: int
    total_cents: int

    @property
    def is_empty(self) -> bool:
        return self.row_count == 0


def count_contents(batch: Batch) -> tuple[FileContent, ...]:
    """Return the documents, rows and totals of the seven files; six statements."""
    warnings = ItemWarning.objects.filter(item__batch=batch).aggregate(
        documents=Count("item", distinct=True), rows=Count("pk")
    )
    return contents_of(
        totals_by_kind(BatchItem.objects.filter(batch=batch)),
        _count_rows(batch),
        warned_documents=warnings["documents"],
        warnings=warnings["rows"],
    )


def totals_by_kind(items: QuerySet[Any]) -> dict[str, tuple[int, int]]:
    """Return kind → documents and cents of the items of a batch or a draft; one statement."""
    totals = items.order_by().values("kind").annotate(count=Count("pk"), cents=Sum("amount_cents"))
    return {
        kind: (count, cents) for kind, count, cents in totals.values_list("kind", "count", "cents")
    }


def contents_of(
    totals: Mapping[str, tuple[int, int]],
    rows: Mapping[str, int],
    *,
    warned_documents: int,
    warnings: int,
) -> tuple[FileContent, ...]:
    """Return the seven files from the totals and rows of each kind, and what file 7 holds."""
    return tuple(
        FileContent(file.number, file.title, warned_documents, warnings, 0)
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
