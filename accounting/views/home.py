"""Home: the state of the books, and what needs attention."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounting.models import OPENING_BATCH_ID, Batch, FollowUp
from accounting.reports.ages import OpenWork, blocked_rows, deposits_open, open_work
from accounting.reports.charts import bar_chart
from accounting.views.unbatched_page import RowView
from accounting.workbooks.layouts import WARNINGS
from sera_batching.http import company_of
from sera_batching.navigation import groups_for

PERMISSION = "accounting.view_unbatched"


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the state of the books; redirect others to the first page that they may see."""
    if request.user.has_perm(PERMISSION):
        return render(request, "accounting/home.html", dashboard(request))
    groups = groups_for(request)
    if not groups:
        return render(request, "home.html")
    return redirect(groups[0].entries[0].url)


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return what Home shows."""
    company = company_of(request)
    today = timezone.localdate(timezone=company.zone)
    work = open_work(profile=company.profile, today=today)
    return {
        "work": work,
        "age_days": (today - work.oldest).days if work.oldest else None,
        "chart": age_chart(work),
        "deposits": deposits_open(profile=company.profile),
        "blocked": blocked_views(company.profile) if work.blocked_count else [],
        "last_batch": last_batch(),
        "follow_up_count": FollowUp.objects.open().count(),
    }


def blocked_views(profile: str) -> list[RowView]:
    """Return the oldest blocked documents, as Unbatched shows them."""
    return [RowView(each.row, False, [], each.reasons) for each in blocked_rows(profile=profile)]


def age_chart(work: OpenWork) -> Any:
    """Return the bars of unbatched amounts by age: invoices below, payments above."""
    return bar_chart(
        [(band.label, (band.invoices.cents, band.payments.cents)) for band in work.bands]
    )


def last_batch() -> dict[str, Any] | None:
    """Return the newest batch, and how many of its files with rows are marked as loaded."""
    batch = (
        Batch.objects.exclude(pk=OPENING_BATCH_ID)
        .select_related("created_by")
        .order_by("-pk")
        .first()
    )
    if batch is None:
        return None
    files = [file for file in batch.files.all() if file.row_count and file.number != WARNINGS]
    return {
        "batch": batch,
        "file_count": len(files),
        "loaded_count": sum(file.loaded_at is not None for file in files),
    }
