"""The audit trail: who did what, when, from where, with what before and after."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sera_batching import audit
from sera_batching.audit.listing import AuditFilterForm, event_lines, lines_of, list_events
from sera_batching.http import company_of, origin_of
from sera_batching.spreadsheets import csv_answer
from sera_batching.tables import page_of

PERMISSION = "sera_batching.view_auditevent"


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Show the events that match the filters, the newest first."""
    form = AuditFilterForm(request.GET)
    events = list_events(zone=company_of(request).zone, **form.understood)
    page, page_problem = page_of(events, request.GET.get("page", ""))
    return render(
        request,
        "audit.html",
        {
            "title": "Audit trail",
            "form": form,
            "page": page,
            "lines": lines_of(list(page.object_list)),
            "problems": [each for each in (*form.problems, page_problem) if each],
        },
    )


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def audit_csv(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """Download every matching event; the download is an event itself."""
    form = AuditFilterForm(request.GET)
    if form.problems:
        for problem in form.problems:
            messages.warning(request, problem)
        return redirect("audit")
    zone = company_of(request).zone
    audit.record(origin=origin_of(request), action="audit.downloaded")
    now = timezone.now().astimezone(zone)
    return csv_answer(
        f"Audit trail {now:%Y-%m-%d %H%M}", event_lines(list_events(zone=zone, **form.understood))
    )
