"""Uploads: a feed as a file, checked before it is applied."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from integrations.models import Upload, UploadProblem
from integrations.services.uploads import (
    PERMISSION,
    apply_upload,
    continue_upload,
    receive_upload,
)
from integrations.upload_handlers import IncomingUploadHandler, ReceivedFile
from sera_batching.exceptions import DomainError
from sera_batching.http import origin_of
from sera_batching.spreadsheets import csv_answer, csv_lines, safe_text
from sera_batching.tables import page_of
from sera_batching.views.answers import carry_out

FORM_BYTES: Final = 10_000
"""The maximum size of the form around a file, in bytes."""
CSV_HEADER: Final = ("File", "Line", "Field", "Reason")


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def uploads(request: HttpRequest) -> HttpResponse:
    """List the uploads, newest first, with the form for another."""
    found = Upload.objects.select_related("uploaded_by", "applied_by")
    page, problem = page_of(found, request.GET.get("page", ""))
    context = {
        "page": page,
        "problems": [problem] if problem else [],
        "most_bytes": settings.FEED_MOST_BYTES,
        "days": settings.UPLOADS_LAST_DAYS,
    }
    return render(request, "integrations/uploads.html", context)


@csrf_exempt
@require_POST
@permission_required(PERMISSION, raise_exception=True)
def upload_add(request: HttpRequest) -> HttpResponse:
    """Receive a file; refuse one that is too large before reading it.

    The function below checks the form's CSRF token. That reads the whole body, so the size must be
    checked and the upload handler set before.
    """
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.FEED_MOST_BYTES + FORM_BYTES:
        context = {"length": int(length), "most_bytes": settings.FEED_MOST_BYTES}
        return render(request, "integrations/upload_too_large.html", context, status=413)
    request.upload_handlers = [IncomingUploadHandler(request)]
    return _receive(request)


@csrf_protect
def _receive(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, ReceivedFile):
        messages.error(request, "Choose a file first.")
        return redirect("integrations:uploads")
    try:
        upload = receive_upload(
            name=file.name or "", incoming=file.incoming, origin=origin_of(request)
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("integrations:uploads")
    return redirect("integrations:upload", upload.pk)


@require_safe
@never_cache
@permission_required(PERMISSION, raise_exception=True)
def upload(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Show the result of a file's check and of applying it."""
    found = find_upload(upload_id)
    page, problem = page_of(problems_of(found), request.GET.get("page", ""))
    context = {"upload": found, "page": page, "problems": [problem] if problem else []}
    return render(request, "integrations/upload.html", context)


@require_safe
@never_cache
@permission_required(PERMISSION, raise_exception=True)
def upload_status(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Return a file's progress, for the page that polls every two seconds."""
    context = {"upload": find_upload(upload_id), "is_polled": True}
    return render(request, "integrations/upload_status.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def upload_refused(request: HttpRequest, upload_id: int) -> StreamingHttpResponse:
    """Download the refused lines."""
    found = find_upload(upload_id)
    rows = (
        (safe_text(one.source), one.line, safe_text(one.field), safe_text(one.reason))
        for one in problems_of(found).iterator()
    )
    return csv_answer(f"Refused lines of upload {found.pk}", csv_lines(CSV_HEADER, rows))


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def upload_apply(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Apply a checked file."""
    found, origin = find_upload(upload_id), origin_of(request)
    carry_out(
        request,
        lambda: apply_upload(upload_id=found.pk, origin=origin),
        done="The file is being applied.",
    )
    return redirect("integrations:upload", upload_id)


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def upload_continue(request: HttpRequest, upload_id: int) -> HttpResponse:
    """Resume a file whose worker was lost."""
    found, origin = find_upload(upload_id), origin_of(request)
    carry_out(
        request,
        lambda: continue_upload(upload_id=found.pk, origin=origin),
        done="The upload continues.",
    )
    return redirect("integrations:upload", upload_id)


def find_upload(upload_id: int) -> Upload:
    """Return an upload, or raise Http404."""
    found = Upload.objects.filter(pk=upload_id).select_related("uploaded_by", "applied_by").first()
    if found is None:
        raise Http404("There is no such upload.")
    return found


def problems_of(upload: Upload) -> QuerySet[UploadProblem]:
    """Return the refused lines of the newest finished run."""
    return upload.problems.filter(is_of_check=upload.report is None)
