"""Handing out the zip of a batch; each download is checked, counted and audited."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounting.models import Batch
from accounting.views.batch import find_batch
from accounting.zips.downloads import FileDamaged, open_zip, rebuild_zip
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.http import origin_of
from sera_batching.views.answers import carry_out

CONFLICT = 409


@require_GET
@never_cache
@permission_required("accounting.download_batch", raise_exception=True)
def batch_download(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Send the zip; of an undone batch only after asking."""
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
    """Write a zip that is missing or damaged again, from the items of its batch."""
    batch, origin = find_batch(batch_id), origin_of(request)
    carry_out(
        request,
        lambda: rebuild_zip(batch=batch, origin=origin),
        done="The zip is rebuilt from the batch's items, and its content is what was recorded.",
    )
    return redirect("accounting:batch", batch_id)
