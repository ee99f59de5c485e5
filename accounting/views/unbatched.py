"""Unbatched: what the books do not have yet, and what is ticked to be batched."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounting.unbatched.csv_export import unbatched_lines
from accounting.unbatched.forms import read_ticks
from accounting.unbatched.selection import UserSelection, get_selection
from accounting.unbatched.selection_changes import SelectionAction, change_selection
from accounting.views.unbatched_page import (
    UnbatchedRequest,
    page_context,
    read_moment,
    selection_context,
)
from sera_batching import audit
from sera_batching.exceptions import Refused
from sera_batching.http import company_of, is_htmx, origin_of
from sera_batching.spreadsheets import csv_answer

PERMISSION = "accounting.view_unbatched"
PAGE = "accounting/unbatched.html"
PARTS = "accounting/unbatched_parts.html"


@never_cache
@require_safe
@permission_required(PERMISSION, raise_exception=True)
def unbatched(request: HttpRequest) -> HttpResponse:
    """Show one page of one table, with the selection across both."""
    context = page_context(request, UnbatchedRequest.of(request))
    context["layout"] = "fragment.html" if is_htmx(request) else "base.html"
    return render(request, PAGE, context)


@never_cache
@require_safe
@permission_required(PERMISSION, raise_exception=True)
def unbatched_bar(request: HttpRequest) -> HttpResponse:
    """Show the current selection, for a page that is already open."""
    look = UnbatchedRequest.of(request)
    if not is_htmx(request):
        return redirect(look.url)
    as_of = read_moment(request.GET.get("as_of", ""))
    return render_parts(request, look, as_of)


def render_parts(
    request: HttpRequest, look: UnbatchedRequest, as_of: datetime | None
) -> HttpResponse:
    """Return only what ticks change: the bar, the warning, the header checkbox."""
    context = selection_context(request, look, as_of or timezone.now())
    return render(request, PAGE, {**context, "layout": PARTS, "is_part": True})


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def tick(request: HttpRequest) -> HttpResponse:
    """Change the ticks of the rows shown, or of all matching rows."""
    look = UnbatchedRequest.of(request)
    try:
        act = read_act(request.POST.get("act", ""))
        change_selection(
            act,
            user=origin_of(request).user,
            tab=look.tab,
            filters=look.filters,
            profile=look.profile,
            shown=read_ticks(request.POST.getlist("shown")),
            ticked=read_ticks(request.POST.getlist("ticked")),
        )
    except Refused as refusal:
        return refuse(request, look, str(refusal))
    if is_htmx(request) and act == SelectionAction.ROWS:
        return render_parts(request, look, read_moment(request.POST.get("as_of", "")))
    return redirect(look.url)


def read_act(text: str) -> SelectionAction:
    """Return the button's action; Refused for anything else."""
    try:
        return SelectionAction(text)
    except ValueError:
        raise Refused("That isn't a way to select rows. Reload the page.") from None


def refuse(request: HttpRequest, look: UnbatchedRequest, problem: str) -> HttpResponse:
    """Show what was wrong with a request; nothing has been changed."""
    context = {"problem": problem, "back": look.url}
    return render(request, "400.html", context, status=400)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def unbatched_csv(request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
    """Download all matching rows of one table, not only the current page."""
    look = UnbatchedRequest.of(request)
    if look.problems:
        for problem in look.problems:
            messages.warning(request, problem)
        return redirect(look.url)
    origin = origin_of(request)
    audit.record(
        origin=origin,
        action="unbatched.downloaded",
        after={"table": look.tab, "filters": look.filters.to_json()},
    )
    now = timezone.now().astimezone(company_of(request).zone)
    choice = UserSelection(get_selection(origin.user))
    return csv_answer(
        f"Unbatched {look.tab} {now:%Y-%m-%d %H%M}",
        unbatched_lines(look.tab, look.filters, look.sorting, look.profile, choice),
    )
