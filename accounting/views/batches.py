"""Previous Batches: the list of all batches."""

from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounting.batches.listing import SORTS, BatchFilterForm, list_batches
from accounting.batches.timeline import timeline_of
from accounting.models import Batch, BatchFile, BatchItem, ItemWarning, Kind
from accounting.views.sheets import cells_of, tabs_of
from accounting.workbooks.layouts import FILE_NUMBERS, FILES, saasant_settings
from accounting.zips.build import retry_batch
from accounting.zips.downloads import (
    FileDamaged,
    FileRows,
    file_rows,
    mark_loaded,
    open_zip,
    rebuild_zip,
)
from accounting.zips.progress import progress_of
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.http import company_of, origin_of
from sera_batching.tables import ROWS_A_PAGE, Sorting, page_of
from sera_batching.views.answers import carry_out

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

WARNINGS_SHOWN: Final = 10

CONFLICT = 409

NOTHING: Final = FileRows((), [], 0)


@require_safe
@permission_required("accounting.view_batch", raise_exception=True)
def batches(request: HttpRequest) -> HttpResponse:
    """Show the batches that match the filters, newest first."""
    sorting, sort_problem = Sorting.read(request.GET.get("sort", ""), SORTS, "-number")
    form = BatchFilterForm(request.GET, kept={"sort": sorting.text})
    rows = list_batches(
        zone=company_of(request).zone,
        sort=sorting.key,
        is_descending=sorting.is_descending,
        **form.understood,
    )
    page, page_problem = page_of(rows, request.GET.get("page", ""))
    return render(
        request,
        "accounting/batches.html",
        {
            "title": "Previous Batches",
            "form": form,
            "page": page,
            "headers": [sorting.header(*column) for column in COLUMNS],
            "problems": [each for each in (*form.problems, sort_problem, page_problem) if each],
        },
    )


@require_safe
@never_cache
@permission_required("accounting.view_batch", raise_exception=True)
def batch_detail(request: HttpRequest, batch_id: int, number: int | None = None) -> HttpResponse:
    """Show a batch with the rows of file `number`, by default of the first file with rows."""
    batch = find_batch(batch_id)
    files = list(batch.files.select_related("loaded_by"))
    context = {
        "batch": batch,
        "progress": progress_of(batch),
        "files": files,
        "totals": totals_of(batch, files),
        "checksums": "\n".join(f"{file.sha256}  {file.name}" for file in files),
        **describe(batch),
        **(sheet(request, batch, files, number) if files else {}),
    }
    return render(request, "accounting/batch.html", context)


def find_batch(batch_id: int) -> Batch:
    """Return a batch with its creator and the user who undid it; 404 if there is none."""
    batches = Batch.objects.select_related("created_by", "undone_by")
    return get_object_or_404(batches, pk=batch_id)


def describe(batch: Batch) -> dict[str, Any]:
    """Return what the page shows about a batch besides its files."""
    warnings = ItemWarning.objects.filter(item__batch=batch)
    downloads = batch.downloads.select_related("user")
    return {
        "warning_count": warnings.count(),
        "warnings": warnings.select_related("item__party").order_by("pk")[:WARNINGS_SHOWN],
        "download_count": downloads.count(),
        "last_download": downloads.first(),
        "card": saasant_settings(batch.company_settings["profile"]),
        "timeline": timeline_of(batch),
    }


def totals_of(batch: Batch, files: list[BatchFile]) -> list[dict[str, Any]]:
    """Return the documents of a batch by kind, while it has no files yet."""
    if files:
        return []
    totals = (
        batch.items.order_by().values("kind").annotate(count=Count("pk"), cents=Sum("amount_cents"))
    )
    by_kind = {total["kind"]: total for total in totals}
    return [by_kind[kind] | {"label": kind.label} for kind in Kind if kind in by_kind]


def sheet(
    request: HttpRequest, batch: Batch, files: list[BatchFile], number: int | None
) -> dict[str, Any]:
    """Return the rows of one file for the page, by default of the first file with rows."""
    tabs = tabs_of(files)
    first = next((one for one in tabs if one.row_count), tabs[0])
    tab = first if number is None else next((one for one in tabs if one.number == number), None)
    if tab is None:
        raise Http404("There are seven files.")
    page, problem = page_of(range(tab.document_count), request.GET.get("page", ""))
    start = max(page.start_index() - 1, 0)
    found = file_rows(batch, tab.number, offset=start, limit=ROWS_A_PAGE)
    return {
        "tabs": tabs,
        "tab": tab,
        "columns": found.columns,
        "rows": cells_of(found.columns, found.rows),
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "problems": [problem] if problem else [],
    }


@require_safe
@never_cache
@permission_required("accounting.view_batch", raise_exception=True)
def batch_status(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Return a batch's progress, as the fragment that the batch page polls."""
    batch = find_batch(batch_id)
    progress = progress_of(batch)
    return render(
        request,
        "accounting/batch_status.html",
        {
            "batch": batch,
            "progress": progress,
            "is_news": request.GET.get("seen", "") != progress.mark,
            "is_polled": True,
        },
    )


@require_POST
@permission_required("accounting.retry_batch", raise_exception=True)
def batch_retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Build a failed batch again."""
    origin = origin_of(request)
    carry_out(
        request,
        lambda: retry_batch(batch_id=find_batch(batch_id).pk, origin=origin),
        done="The batch is queued again.",
    )
    return redirect("accounting:batch", batch_id)


@require_POST
@permission_required("accounting.mark_loaded", raise_exception=True)
def file_loaded(request: HttpRequest, batch_id: int, number: int, part: int) -> HttpResponse:
    """Mark a file as loaded into QuickBooks, or remove the mark."""
    file = get_object_or_404(BatchFile, batch=batch_id, number=number, part=part)
    is_loaded, origin = request.POST.get("is_loaded") == "1", origin_of(request)
    carry_out(
        request,
        lambda: mark_loaded(file=file, is_loaded=is_loaded, origin=origin),
        done=f"{file.name} is {'marked as' if is_loaded else 'no longer marked as'} loaded.",
    )
    return redirect(f"{reverse('accounting:batch', args=[batch_id])}#files")


@require_GET
@never_cache
@permission_required("accounting.download_batch", raise_exception=True)
def batch_download(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Send the zip; for an undone batch only after a confirmation."""
    batch = find_batch(batch_id)
    is_undone = batch.status == Batch.Status.UNDONE and batch.has_zip
    if is_undone and request.GET.get("undone") != "yes":
        return render(request, "accounting/batch_download.html", {"batch": batch})
    try:
        file = open_zip(batch=batch, origin=origin_of(request))
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except (Refused, FileDamaged) as error:
        context = {"batch": batch, "refusal": str(error), "is_damaged": batch.has_zip}
        return render(request, "accounting/batch_download.html", context, status=CONFLICT)
    return FileResponse(
        file, as_attachment=True, filename=batch.name, content_type="application/zip"
    )


@require_POST
@permission_required("accounting.retry_batch", raise_exception=True)
def batch_rebuild(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Rebuild a missing or damaged zip from the items of its batch."""
    batch, origin = find_batch(batch_id), origin_of(request)
    carry_out(
        request,
        lambda: rebuild_zip(batch=batch, origin=origin),
        done="The zip was rebuilt from the batch's items. Its content matches what was recorded.",
    )
    return redirect("accounting:batch", batch_id)


@require_safe
@permission_required("accounting.view_batch", raise_exception=True)
def batch_document(request: HttpRequest, batch_id: int, item_id: int) -> HttpResponse:
    """Show the rows of a document in its file, and its warnings in file 7."""
    items = BatchItem.objects.select_related(
        "batch", "invoice", "payment", "refund__payment", "credit_memo__invoice", "party"
    )
    item = get_object_or_404(items, pk=item_id, batch=batch_id)
    number = FILE_NUMBERS[item.kind]
    found = NOTHING
    if not item.batch.is_opening:
        found = file_rows(item.batch, number, offset=item.position - 1, limit=1)
    context = {
        "item": item,
        "batch": item.batch,
        "file": FILES[number - 1],
        "columns": found.columns,
        "rows": cells_of(found.columns, found.rows),
        "warnings": list(item.warnings.all()),
    }
    return render(request, "accounting/sent_rows.html", context)
