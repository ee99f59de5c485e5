"""Departments, items and classes: what lines and files name, with what waits under each."""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.catalogue.forms import DepartmentForm, NameFilterForm
from backoffice.catalogue.usage import unbatched_documents_by_department, unbatched_invoices_by_name
from invoices.models import AccountingClass, CatalogueEntry, Department, Item
from invoices.services.catalogue import Entry, mark_entries
from invoices.services.parties import save_department
from sera_batching.http import origin_of
from sera_batching.tables import page_of
from sera_batching.views.answers import carry_out

VIEW: Final = "invoices.view_catalogue"
CHANGE: Final = "invoices.change_catalogue"


@require_safe
@permission_required(VIEW, raise_exception=True)
def departments(request: HttpRequest) -> HttpResponse:
    """List the departments with their defaults and what waits in them."""
    waiting = unbatched_documents_by_department()
    rows = [(one, waiting[one.pk]) for one in Department.objects.order_by(Lower("name"))]
    return render(request, "backoffice/catalogue/departments.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def department(request: HttpRequest, department_id: int) -> HttpResponse:
    """Show and change the defaults of a department; its name never changes."""
    found = get_object_or_404(Department, pk=department_id)
    form = DepartmentForm(request.POST or None, instance=found)
    if form.is_valid():
        values, origin = form.values(), origin_of(request)
        if carry_out(
            request,
            lambda: save_department(values=values, origin=origin),
            done=f"Department {found.name} was saved.",
        ):
            return redirect("backoffice:departments")
    return render(
        request,
        "backoffice/catalogue/department.html",
        {"department": found, "form": form},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(VIEW, raise_exception=True)
def items(request: HttpRequest) -> HttpResponse:
    """List the items with their state; mark those that are ticked."""
    if request.method == "POST":
        return mark(request, Item, "backoffice:items")
    return names(request, Item, "Items")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(VIEW, raise_exception=True)
def classes(request: HttpRequest) -> HttpResponse:
    """List the classes with their state; mark those that are ticked."""
    if request.method == "POST":
        return mark(request, AccountingClass, "backoffice:classes")
    return names(request, AccountingClass, "Classes")


def names(request: HttpRequest, model: type[Entry], title: str) -> HttpResponse:
    """Show the names that match, with how many unbatched invoices use each."""
    form: NameFilterForm = NameFilterForm(request.GET)
    found = model.objects.annotate(folded=Lower("name")).order_by("folded")
    values = form.understood
    if values.get("text"):
        found = found.filter(name__icontains=values["text"])
    if values.get("state"):
        found = found.filter(state=values["state"])
    page, page_problem = page_of(found, request.GET.get("page", ""))
    problems = [*form.problems, page_problem] if page_problem else form.problems
    waiting = unbatched_invoices_by_name(model)
    context = {
        "title": title,
        "page": page,
        "rows": [(entry, waiting.get(entry.folded, 0)) for entry in page],
        "form": form,
        "states": CatalogueEntry.State.choices,
        "problems": problems,
    }
    return render(request, "backoffice/catalogue/names.html", context)


def mark(request: HttpRequest, model: type[Entry], view_name: str) -> HttpResponse:
    """Mark the ticked names, if the user may, and go back to the list as it was filtered."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    ids = [int(text) for text in request.POST.getlist("entry") if _is_id(text)]
    state, origin = request.POST.get("mark", ""), origin_of(request)
    if not ids:
        messages.warning(request, "Nothing was selected, so nothing was changed.")
    else:
        carry_out(
            request,
            lambda: mark_entries(model, ids=ids, state=state, origin=origin),
            done=f"Marked as {state}: {len(ids)}.",
        )
    query = {name: request.POST[name] for name in ("q", "state", "page") if request.POST.get(name)}
    return redirect(f"{reverse(view_name)}?{urlencode(query)}")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
