"""Reports besides Previous Batches: Completeness, Revenue and Pending Revenue."""

import tempfile
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounting.reports.charts import Chart, bar_chart
from accounting.reports.completeness import completeness
from accounting.reports.revenue import (
    SORTS,
    Month,
    RevenueFilterForm,
    RevenueFilters,
    pending_revenue,
    revenue,
    revenue_by_month,
    totals_of,
    write_pending_revenue,
    write_revenue,
)
from sera_batching import audit
from sera_batching.http import company_of, is_htmx, origin_of
from sera_batching.tables import Sorting, page_of

PERMISSION = "accounting.view_unbatched"
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = (
    ("number", "Number", ""),
    ("date", "Date", "date"),
    ("customer", "Customer", ""),
    ("department", "Department", ""),
    ("subtotal", "Subtotal", "amount"),
    ("tax", "Tax", "amount"),
    ("total", "Total", "amount"),
)
BATCH_COLUMN: Final = ("batch", "Batch", "")


@never_cache
@require_safe
@permission_required(PERMISSION, raise_exception=True)
def completeness_report(request: HttpRequest) -> HttpResponse:
    """Show that all amounts are in the books, unbatched or held back, to the cent."""
    accounts = completeness(company_of(request).profile)
    context = {
        "accounts": accounts,
        "is_complete": all(account.difference_cents == 0 for account in accounts),
        "layout": "fragment.html" if is_htmx(request) else "base.html",
    }
    return render(request, "accounting/completeness.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def revenue_report(request: HttpRequest) -> HttpResponseBase:
    """Show the finalized invoices with their batches, or send them as a workbook."""
    zone = company_of(request).zone
    return report(
        request,
        title="Revenue",
        list_rows=revenue,
        columns=(*COLUMNS, BATCH_COLUMN),
        write=lambda target, rows: write_revenue(target, rows, zone=zone),
        more=revenue_months,
    )


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def pending_revenue_report(request: HttpRequest) -> HttpResponseBase:
    """Show the invoices that await approval, or send them as a workbook."""
    return report(
        request,
        title="Pending Revenue",
        list_rows=pending_revenue,
        columns=COLUMNS,
        write=write_pending_revenue,
    )


def report(
    request: HttpRequest,
    *,
    title: str,
    list_rows: Callable[[RevenueFilters], QuerySet[Any]],
    columns: tuple[tuple[str, str, str], ...],
    write: Callable[[BinaryIO, QuerySet[Any]], None],
    more: Callable[[HttpRequest], dict[str, Any]] | None = None,
) -> HttpResponseBase:
    """Return one page of a report, or with `format=xlsx` all its rows as a workbook."""
    today = timezone.localdate(timezone=company_of(request).zone)
    known = {key: SORTS[key] for key, _, _ in columns}
    sorting, sort_problem = Sorting.read(request.GET.get("sort", ""), known, "-date")
    direction = "-" if sorting.is_descending else ""
    form = RevenueFilterForm(request.GET, today=today, kept={"sort": sorting.text})
    rows = list_rows(RevenueFilters(**form.understood))
    ordered = rows.order_by(f"{direction}{known[sorting.key]}", f"{direction}number", "pk")
    if request.GET.get("format") == "xlsx":
        return download(request, title, form.problems, lambda target: write(target, ordered))
    totals = totals_of(rows)
    page, page_problem = page_of(
        ordered.select_related("customer"), request.GET.get("page", ""), count=totals.invoice_count
    )
    context = {
        "title": title,
        "form": form,
        "headers": [sorting.header(*column) for column in columns],
        "has_batches": BATCH_COLUMN in columns,
        "page": page,
        "totals": totals,
        "problems": [each for each in (*form.problems, sort_problem, page_problem) if each],
        **(more(request) if more else {}),
    }
    return render(request, "accounting/revenue.html", context)


def download(
    request: HttpRequest, title: str, problems: list[str], write: Callable[[BinaryIO], None]
) -> HttpResponseBase:
    """Return a workbook, audited; not if the URL has invalid filters."""
    if problems:
        for problem in problems:
            messages.warning(request, problem)
        return redirect(request.path)
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the response
    write(file)
    file.seek(0)
    audit.record(
        origin=origin_of(request),
        action="report.downloaded",
        after={"report": title, "filters": request.GET.urlencode()},
    )
    now = timezone.now().astimezone(company_of(request).zone)
    name = f"{title} {now:%Y-%m-%d %H%M}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=WORKBOOK)


def revenue_months(request: HttpRequest) -> dict[str, Any]:
    """Return the chart of the last twelve months, and its table."""
    today = timezone.localdate(timezone=company_of(request).zone)
    months = revenue_by_month(today=today)
    return {"months": months, "chart": month_chart(months)}


def month_chart(months: list[Month]) -> Chart:
    """Return one bar per month; a month with a negative total has none."""
    return bar_chart([(f"{month.begins:%b %y}", [max(month.cents, 0)]) for month in months])
