"""What the confirmation window shows of a draft (domain.md §5)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from accounting.batches.drafts import arrived_since, covered_dates
from accounting.batches.payment_rows import allocate_constrained_payments, count_payment_rows
from accounting.batches.warnings.find import find_warnings
from accounting.batches.warnings.warning import PendingWarning
from accounting.models import Draft, Kind
from accounting.models.kinds import INVOICE_KINDS
from accounting.unbatched.missing_invoices import MissingInvoices, accompaniment_of_draft
from accounting.zips.contents import (
    JOURNAL_LINES,
    FileContent,
    contents_of,
    totals_by_kind,
)
from invoices.models import Department
from sera_batching.models import Company


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """Everything that the confirmation window shows."""

    files: tuple[FileContent, ...]
    warnings: tuple[PendingWarning, ...]
    left_out: tuple[dict[str, Any], ...]
    accompaniment: MissingInvoices
    date_from: date | None
    date_to: date | None
    departments: tuple[str, ...]
    """Names; "No department" last where some document has none."""
    document_count: int
    total_cents: int
    arrived_count: int


def preview_draft(draft: Draft) -> DraftPreview:
    """Return what confirming the draft would make; a constant number of statements."""
    profile = Company.current().profile
    allocated = allocate_constrained_payments(draft)
    warnings = find_warnings(draft, allocated, profile)
    totals = totals_by_kind(draft.items.all())
    date_from, date_to = covered_dates(draft)
    return DraftPreview(
        files=contents_of(
            totals,
            _line_counts(draft) | count_payment_rows(draft, allocated),
            warned_documents=len({warning.document for warning in warnings}),
            warnings=len(warnings),
        ),
        warnings=tuple(warnings),
        left_out=tuple(draft.left_out),
        accompaniment=accompaniment_of_draft(draft, profile),
        date_from=date_from,
        date_to=date_to,
        departments=_departments(draft),
        document_count=sum(count for count, _ in totals.values()),
        total_cents=sum(cents for _, cents in totals.values()),
        arrived_count=arrived_since(draft, profile),
    )


def _line_counts(draft: Draft) -> dict[str, int]:
    """Return kind → rows, of invoices and credit memos one a line, of journals two."""
    by_lines = (
        draft.items.filter(kind__in=[*INVOICE_KINDS, Kind.CREDIT_MEMO])
        .order_by()
        .values("kind")
        .annotate(count=Count("invoice_revision__lines"))
    )
    counts = dict(by_lines.values_list("kind", "count"))
    counts[Kind.JOURNAL] = JOURNAL_LINES * draft.items.filter(kind=Kind.JOURNAL).count()
    return counts


def _departments(draft: Draft) -> tuple[str, ...]:
    found = set(draft.items.order_by().values_list("department_id", flat=True).distinct())
    names = Department.objects.filter(Q(pk__in=found - {None})).values_list("name", flat=True)
    return (*names, *(["No department"] if None in found else []))
