"""Previous Batches: the list of all batches."""

from typing import Final

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounting.batches.listing import SORTS, BatchFilters, list_batches, people_with_batches
from accounting.models import Batch
from sera_batching.http import company_of
from sera_batching.tables import Sorting, page_of

COLUMNS: Final = (
    ("number", "Number", "number"),
    ("name", "Name", ""),
    ("created", "Created", "date"),
    ("by", "By", ""),
    ("documents", "Documents", "number"),
    ("amount", "Amount", "amount"),
    ("status", "Status", ""),
    ("downloads", "Downloads", "number"),
)


@require_safe
@permission_required("accounting.view_batch", raise_exception=True)
def batches(request: HttpRequest) -> HttpResponse:
    """Show the batches that match the filters, the newest first."""
    filters, problems = BatchFilters.read(request.GET)
    sorting, sort_problem = Sorting.read(request.GET.get("sort", ""), SORTS, "-number")
    rows = list_batches(
        filters,
        zone=company_of(request).zone,
        sort=sorting.key,
        is_descending=sorting.is_descending,
    )
    page, page_problem = page_of(rows, request.GET.get("page", ""))
    return render(
        request,
        "accounting/batches.html",
        {
            "filters": filters,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "headers": [sorting.header(*column) for column in COLUMNS],
            "sorting": sorting,
            "people": people_with_batches(),
            "statuses": Batch.Status.choices,
            "problems": [each for each in (*problems, sort_problem, page_problem) if each],
        },
    )
