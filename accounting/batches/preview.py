"""What the confirmation window shows of a draft (domain.md §5)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from accounting.batches.drafts import arrived_since, covered_dates
from accounting.batches.payment_rows import allocate_constrained_payments, count_payment_rows
from accounting.batches.warnings.find import find_warnings
from accounting.batches.warnings.warning import PendingWarning
from accounting.models import Draft, Kind
from accounting.models.kinds import INVOICE_KINDS
from accounting.unbatched.missing_invoices import MissingInvoices, accompaniment_of_draft
from accounting.workbooks.layouts import FILES, WARNINGS
from invoices.models import Department
from sera_batching.models import Company

JOURNAL_LINES = 2


@dataclass(frozen=True, slots=True)
class FilePreview:
    """One of the seven files as it would be written; total in cents."""

    number: int
    title: str
    document_count: int
    row_count: int
    total_cents: int

    @property
    def is_empty(self) -> bool:
        return self.row_count == 0


@dataclass(frozen=True, slots=True)
class DraftPreview:
    """Everything that the confirmation window shows."""

    files: tuple[FilePreview, ...]
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
    totals = {
        kind: (count, cents)
        for kind, count, cents in draft.items.order_by()
        .values("kind")
        .annotate(count=Count("pk"), cents=Coalesce(Sum("amount_cents"), 0))
        .values_list("kind", "count", "cents")
    }
    row_counts = _line_counts(draft) | count_payment_rows(draft, allocated)
    files = tuple(
        FilePreview(
            number=file.number,
            title=file.title,
            document_count=totals.get(file.kind, (0, 0))[0],
            row_count=row_counts.get(file.kind, 0),
            total_cents=totals.get(file.kind, (0, 0))[1],
        )
        if file.number != WARNINGS
        else FilePreview(
            number=file.number,
            title=file.title,
            document_count=len({warning.document for warning in warnings}),
            row_count=len(warnings),
            total_cents=0,
        )
        for file in FILES
    )
    date_from, date_to = covered_dates(draft)
    return DraftPreview(
        files=files,
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
