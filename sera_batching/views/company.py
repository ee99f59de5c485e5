"""Settings of the whole company."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from sera_batching.company import change_company
from sera_batching.forms import CompanyForm
from sera_batching.http import origin_of
from sera_batching.models import Company


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("sera_batching.change_company", raise_exception=True)
def company_settings(request: HttpRequest) -> HttpResponse:
    """Show and change the settings of the company."""
    form = CompanyForm(request.POST or None, instance=Company.current())
    if form.is_valid():
        change_company(values=form.values(), origin=origin_of(request))
        messages.success(request, "The settings were saved.")
        return redirect("settings")
    return render(request, "settings.html", {"form": form}, status=422 if form.errors else 200)
