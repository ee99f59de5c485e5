"""The exact rows that one batch sent of one document."""

from typing import Final

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounting.models import BatchItem
from accounting.models.kinds import FILE_NUMBERS
from accounting.views.sheets import cells_of
from accounting.workbooks.layouts import FILES
from accounting.zips.downloads import FileRows, file_rows

NOTHING: Final = FileRows((), [], 0)


@require_safe
@permission_required("accounting.view_batch", raise_exception=True)
def batch_document(request: HttpRequest, batch_id: int, item_id: int) -> HttpResponse:
    """Show the rows of a document in its file, and what file 7 says about it."""
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
