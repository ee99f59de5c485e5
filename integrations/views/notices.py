"""A user's own page: the events for which they want e-mail."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from integrations.forms import EventsForm
from integrations.services.notices import VIEW, choose_notices, events_wanted_by
from sera_batching.exceptions import DomainError
from sera_batching.http import origin_of


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(VIEW, raise_exception=True)
def notices(request: HttpRequest) -> HttpResponse:
    """Show and change the events for which the user wants e-mail."""
    origin = origin_of(request)
    form = EventsForm(
        request.POST if request.method == "POST" else None,
        initial={"events": events_wanted_by(origin.user)},
    )
    if form.is_valid():
        try:
            choose_notices(events=form.cleaned_data["events"], origin=origin)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Your choices were saved.")
            return redirect("integrations:notices")
    status = 422 if form.errors else 200
    return render(request, "integrations/notices.html", {"form": form}, status=status)
