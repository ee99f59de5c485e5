"""Revenue (finalized invoices, with their batch) and Pending Revenue (those not approved yet)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, FilteredRelation, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth
from django.http import QueryDict

from accounting.models.items import newest_items
from accounting.unbatched.departments import DepartmentFilter, department_choices
from accounting.unbatched.filters import in_department
from accounting.workbooks.layouts import Column
from accounting.workbooks.workbook import write_workbook
from invoices.models import Department, Invoice
from sera_batching.days import on_days
from sera_batching.filters import DayFilter, FilterForm

MONTHS_SHOWN: Final = 12
ROWS_AT_ONCE: Final = 2_000
SORTS: Final[Mapping[str, str]] = {
    "number": "number",
    "date": "report_date",
    "customer": "customer__name",
    "department": "report_department",
    "subtotal": "report_subtotal_cents",
    "tax": "report_tax_cents",
    "total": "report_total_cents",
    "batch": "report_batch",
}
"""Name of a column in the URL → the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueFilters:
    """What narrows the report: invoice dates, inclusive, and a department (id, "none", or all)."""

    date_from: date | None = None
    date_to: date | None = None
    department: int | str | None = None

    def condition(self) -> Q:
        """Return the filters as a condition on the columns of a report."""
        return on_days("report_date", self.date_from, self.date_to) & in_department(
            "report_department_id", self.department
        )


class RevenueFilterForm(FilterForm):
    """The filters of the report, from the first day of this month unless they name a day."""

    date_from = DayFilter("Invoice date from")
    date_to = DayFilter("To")
    department = DepartmentFilter()

    said_when_blank = ("date_from", "date_to")

    def __init__(self, query: QueryDict, *, today: date, kept: Mapping[str, str]) -> None:
        if "from" not in query and "to" not in query:
            query = query.copy()
            query["from"] = today.replace(day=1).isoformat()
        super().__init__(query, kept=kept)
        self.offer("department", lambda: department_choices(Department.objects.order_by("name")))


def revenue(filters: RevenueFilters) -> QuerySet[Any]:
    """Return the finalized invoices, each with the newest live batch that holds it."""
    newest = FilteredRelation("batch_items", condition=newest_items("batch_items"))
    return (
        Invoice.objects.filter(status=Invoice.Status.FINALIZED)
        .annotate(newest=newest)
        .annotate(
            **_columns("current_revision"),
            report_batch=F("newest__batch_id"),
            report_batched_at=F("newest__batch__created_at"),
            report_is_changed=Case(
                When(newest__isnull=True, then=Value(False)),
                When(newest__fingerprint=F("current_revision__fingerprint"), then=Value(False)),
                default=Value(True),
            ),
        )
        .filter(filters.condition())
    )


def pending_revenue(filters: RevenueFilters) -> QuerySet[Any]:
    """Return the invoices that wait for approval, as their drafts stand."""
    pending = Invoice.objects.filter(status=Invoice.Status.PENDING, draft__isnull=False)
    return pending.annotate(**_columns("draft")).filter(filters.condition())


def _columns(content: str) -> dict[str, Any]:
    return {
        "report_date": F(f"{content}__date"),
        "report_department_id": F(f"{content}__department_id"),
        "report_department": F(f"{content}__department__name"),
        "report_subtotal_cents": F(f"{content}__subtotal_cents"),
        "report_tax_cents": F(f"{content}__tax_cents"),
        "report_total_cents": F(f"{content}__total_cents"),
    }


class Totals(NamedTuple):
    """How many invoices, and their amounts in cents."""

    invoice_count: int
    subtotal_cents: int
    tax_cents: int
    total_cents: int


def totals_of(rows: QuerySet[Any]) -> Totals:
    """Return the totals of a report; one statement."""
    found = rows.order_by().aggregate(
        row_count=Count("pk"),
        subtotal=Coalesce(Sum("report_subtotal_cents"), 0),
        tax=Coalesce(Sum("report_tax_cents"), 0),
        total=Coalesce(Sum("report_total_cents"), 0),
    )
    return Totals(found["row_count"], found["subtotal"], found["tax"], found["total"])


class Month(NamedTuple):
    """The revenue of one month, without tax, in cents."""

    begins: date
    cents: int


def revenue_by_month(*, today: date) -> list[Month]:
    """Return the revenue without tax of the last twelve months, this one last; one statement."""
    months = [_months_before(today, back) for back in reversed(range(MONTHS_SHOWN))]
    found = dict(
        Invoice.objects.filter(
            status=Invoice.Status.FINALIZED,
            current_revision__date__gte=months[0],
            current_revision__date__lt=_months_before(today, -1),
        )
        .order_by()
        .values(month=TruncMonth("current_revision__date"))
        .annotate(cents=Sum("current_revision__subtotal_cents"))
        .values_list("month", "cents")
    )
    return [Month(month, found.get(month, 0)) for month in months]


def _months_before(day: date, back: int) -> date:
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


_REVENUE_COLUMNS: Final = (
    Column("Number", "text", "number"),
    Column("Date", "date", "report_date"),
    Column("Customer", "text", "customer", 28),
    Column("Department", "text", "report_department"),
    Column("Subtotal", "cents", "report_subtotal_cents"),
    Column("Tax", "cents", "report_tax_cents"),
    Column("Total", "cents", "report_total_cents"),
)
_BATCH_COLUMNS: Final = (
    Column("Batch", "text", "report_batch"),
    Column("Batched on", "date", "report_batched_at"),
    Column("Changed since", "text", "report_is_changed"),
)
_VALUES: Final = (
    "number",
    "report_date",
    "customer__name",
    "report_department",
    "report_subtotal_cents",
    "report_tax_cents",
    "report_total_cents",
)


def write_revenue(target: BinaryIO, rows: QuerySet[Any], *, zone: ZoneInfo) -> None:
    """Write Revenue as a workbook, in bounded memory; days of batches are the company's."""
    values = rows.values_list(
        *_VALUES, "report_batch", "report_batched_at", "report_is_changed"
    ).iterator(chunk_size=ROWS_AT_ONCE)

    def cells() -> Iterator[tuple[Any, ...]]:
        for *shown, batch, at, is_changed in values:
            day = at.astimezone(zone).date() if at else None
            in_batch = "" if batch is None else str(batch)
            yield (*_dressed(shown), in_batch, day, "yes" if is_changed else "")

    columns = (*_REVENUE_COLUMNS, *_BATCH_COLUMNS)
    write_workbook(target, sheet_name="Revenue", columns=columns, rows=cells())


def write_pending_revenue(target: BinaryIO, rows: QuerySet[Any]) -> None:
    """Write Pending Revenue as a workbook, in bounded memory."""
    values = rows.values_list(*_VALUES).iterator(chunk_size=ROWS_AT_ONCE)
    write_workbook(
        target,
        sheet_name="Pending Revenue",
        columns=_REVENUE_COLUMNS,
        rows=(tuple(_dressed(shown)) for shown in values),
    )


def _dressed(shown: Any) -> list[Any]:
    """Return the cells of a row, blank where nothing is."""
    return ["" if value is None else value for value in shown]
