"""Fix in QuickBooks: follow-ups that no file can carry, to be done by hand and closed here."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounting.follow_ups.close import PERMISSION, close_follow_up, reopen_follow_up
from accounting.follow_ups.listing import FollowUpFilterForm, follow_up_lines, list_follow_ups
from accounting.models import FollowUp
from sera_batching import audit
from sera_batching.http import company_of, origin_of
from sera_batching.spreadsheets import csv_answer
from sera_batching.tables import page_of
from sera_batching.views.answers import carry_out


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Show the follow-ups of one status that match the filters; by default the open ones."""
    status = read_status(request.GET.get("status", ""))
    form = FollowUpFilterForm(request.GET, kept={"status": status})
    matching = list_follow_ups(zone=company_of(request).zone, **form.understood)
    counts = matching.counts()
    entries = matching.filter(status=status).for_list()
    page, page_problem = page_of(entries, request.GET.get("page", ""), count=counts[status])
    return render(
        request,
        "accounting/follow_ups.html",
        {
            "title": "Fix in QuickBooks",
            "status": status,
            "form": form,
            "statuses": [(one.value, one.label, counts[one]) for one in FollowUp.Status],
            "page": page,
            "problems": [one for one in (*form.problems, page_problem) if one],
        },
    )


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def follow_ups_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Download all matching follow-ups of one status; audited."""
    form = FollowUpFilterForm(request.GET)
    if form.problems:
        for problem in form.problems:
            messages.warning(request, problem)
        return redirect("accounting:follow_ups")
    zone = company_of(request).zone
    status = read_status(request.GET.get("status", ""))
    audit.record(origin=origin_of(request), action="follow_up.list_downloaded")
    now = timezone.now().astimezone(zone)
    entries = list_follow_ups(zone=zone, **form.understood).filter(status=status)
    return csv_answer(f"Fix in QuickBooks {now:%Y-%m-%d %H%M}", follow_up_lines(entries))


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def follow_up_close(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Close a follow-up, with a note."""
    entry = get_object_or_404(FollowUp, pk=follow_up_id)
    note, origin = request.POST.get("note", ""), origin_of(request)
    carry_out(
        request,
        lambda: close_follow_up(follow_up=entry, note=note, origin=origin),
        done=f"Done: {entry.problem}",
    )
    return back_to_list(request)


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def follow_up_reopen(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    """Reopen a closed follow-up."""
    entry = get_object_or_404(FollowUp, pk=follow_up_id)
    origin = origin_of(request)
    carry_out(
        request,
        lambda: reopen_follow_up(follow_up=entry, origin=origin),
        done=f"Reopened: {entry.problem}",
    )
    return back_to_list(request)


def read_status(text: str) -> str:
    """Return a valid status; anything else means the open ones."""
    return text if text in FollowUp.Status.values else FollowUp.Status.OPEN


def back_to_list(request: HttpRequest) -> HttpResponse:
    """Return to the list with the same filters."""
    query = {
        name: request.POST[name]
        for name in ("status", "cause", "from", "to", "q", "page")
        if request.POST.get(name)
    }
    return redirect(f"{reverse('accounting:follow_ups')}?{urlencode(query)}")
