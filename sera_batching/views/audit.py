"""The audit trail: who did what, when, from where, with what before and after."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sera_batching import audit
from sera_batching.audit.listing import (
    CHANNELS,
    AuditFilters,
    event_lines,
    lines_of,
    list_events,
)
from sera_batching.audit.subjects import subject_labels
from sera_batching.http import company_of, origin_of
from sera_batching.spreadsheets import csv_answer
from sera_batching.tables import page_of

PERMISSION = "sera_batching.view_auditevent"


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show the events that match the filters, the newest first."""
    filters, problems = AuditFilters.read(request.GET)
    events = list_events(filters, zone=company_of(request).zone)
    page, page_problem = page_of(events, request.GET.get("page", ""))
    return render(
        request,
        "audit.html",
        {
            "filters": filters,
            "page": page,
            "lines": lines_of(list(page.object_list)),
            "subjects": subject_labels().items(),
            "channels": CHANNELS.items(),
            "problems": [each for each in (*problems, page_problem) if each],
        },
    )


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def audit_csv(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """Download every matching event; the download is an event itself."""
    filters, problems = AuditFilters.read(request.GET)
    if problems:
        for problem in problems:
            messages.warning(request, problem)
        return redirect("audit")
    zone = company_of(request).zone
    audit.record(origin=origin_of(request), action="audit.downloaded")
    now = timezone.now().astimezone(zone)
    return csv_answer(
        f"Audit trail {now:%Y-%m-%d %H%M}", event_lines(list_events(filters, zone=zone))
    )
