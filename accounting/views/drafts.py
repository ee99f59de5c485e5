"""The confirmation window: what will be batched, the name of the batch, and Confirm."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounting.batches.confirm import DraftChanged, confirm_draft
from accounting.batches.drafts import include_invoices, make_draft
from accounting.batches.forms import BatchNameForm
from accounting.batches.preview import preview_draft
from accounting.models import Batch, Draft
from accounting.unbatched.filters import Filters
from accounting.unbatched.forms import filter_parameters
from accounting.unbatched.selection import UserSelection, get_selection
from accounting.views.unbatched_page import UnbatchedRequest, read_moment
from sera_batching.exceptions import DomainError, NotAllowed
from sera_batching.http import is_htmx, origin_of

PERMISSION = "accounting.make_batch"
UNPROCESSABLE = 422
CONFLICT = 409


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def draft_make(request: HttpRequest) -> HttpResponse:
    """Make a draft of what is selected, and open the window."""
    look = UnbatchedRequest.of(request)
    if look.problems:
        return show_refusal(request, " ".join(look.problems), look.url)
    origin = origin_of(request)
    try:
        draft = make_draft(
            origin=origin,
            choice=UserSelection(get_selection(origin.user)),
            filters=look.filters,
            as_of=read_moment(request.POST.get("as_of", "")),
        )
    except DomainError as refusal:
        return show_refusal(request, str(refusal), look.url)
    return redirect("accounting:draft", draft.pk)


@never_cache
@require_safe
@permission_required(PERMISSION, raise_exception=True)
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Show the window; for a confirmed draft, its batch."""
    found = find_draft(request, draft_id)
    if isinstance(found, HttpResponse):
        return found
    name = request.GET.get("name") or found.suggested_name
    return show_window(request, found, BatchNameForm(initial={"name": name}))


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def draft_confirm(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Make the batch; a second click opens the same one."""
    form = BatchNameForm(request.POST)
    found = find_draft(request, draft_id)
    if isinstance(found, HttpResponse):
        return found
    if not form.is_valid():
        return show_window(request, found, form, status=UNPROCESSABLE)
    try:
        confirmation = confirm_draft(
            draft_id=draft_id, name=form.cleaned_data["name"], origin=origin_of(request)
        )
    except DraftChanged as moved:
        return show_moved(request, draft_id, form, moved)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as refusal:
        return show_refusal(request, str(refusal), url_of_filters(found), status=CONFLICT)
    return go_to_batch(request, confirmation.batch.pk)


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def draft_include(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Open the window again, including the invoices that the yellow warning names."""
    found = find_draft(request, draft_id)
    if isinstance(found, HttpResponse):
        return found
    wider = include_invoices(draft=found, origin=origin_of(request))
    name = urlencode({"name": request.POST.get("name", "")[:200]})
    return redirect(f"{reverse('accounting:draft', args=[wider.pk])}?{name}")


def find_draft(request: HttpRequest, draft_id: UUID) -> Draft | HttpResponse:
    """Return the user's own draft, or a response if it is confirmed or gone."""
    user = origin_of(request).user
    if found := Draft.objects.filter(pk=draft_id, user=user).first():
        return found
    if batch := Batch.objects.filter(draft_id=draft_id, created_by=user).first():
        return go_to_batch(request, batch.pk)
    return show_refusal(
        request,
        "This window has expired: nobody confirmed it within an hour, or it belongs to "
        "someone else. Nothing was batched. Go back and press Batch & Download again.",
        reverse("accounting:unbatched"),
        status=404,
    )


def go_to_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Go to the page of the batch; with htmx the whole page goes there, not only the window.

    That page starts the download by itself, once per browser session (static/js/batches.js).
    """
    url = f"{reverse('accounting:batch', args=[batch_id])}?download=1"
    return HttpResponse(headers={"HX-Redirect": url}) if is_htmx(request) else redirect(url)


def show_window(
    request: HttpRequest,
    found: Draft,
    form: BatchNameForm,
    *,
    moved: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show what would be batched if the draft is confirmed."""
    context = {
        "draft": found,
        "form": form,
        "preview": preview_draft(found),
        "moved": moved or [],
        "back": url_of_filters(found),
    }
    return render_window(request, context, status)


def show_moved(
    request: HttpRequest, draft_id: UUID, form: BatchNameForm, moved: DraftChanged
) -> HttpResponse:
    """Show the window again with what changed, or that nothing is left."""
    found = Draft.objects.get(pk=draft_id)
    if found.items.exists():
        return show_window(request, found, form, moved=moved.moved, status=CONFLICT)
    context = {
        "refusal": (
            "Everything that you selected has changed since you opened the window, so "
            "nothing was batched."
        ),
        "moved": moved.moved,
        "back": url_of_filters(found),
    }
    return render_window(request, context, CONFLICT)


def show_refusal(
    request: HttpRequest, refusal: str, back: str, *, status: int = UNPROCESSABLE
) -> HttpResponse:
    """Show the window with only the reason why there is nothing to confirm."""
    return render_window(request, {"refusal": refusal, "back": back}, status)


def render_window(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    layout = "accounting/draft_window.html" if is_htmx(request) else "base.html"
    return render(request, "accounting/draft.html", {**context, "layout": layout}, status=status)


def url_of_filters(found: Draft) -> str:
    """Return the URL of Unbatched with the filters that the draft was made with."""
    query = urlencode(filter_parameters(Filters.from_json(found.filters)))
    return reverse("accounting:unbatched") + (f"?{query}" if query else "")
