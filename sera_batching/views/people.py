"""Settings → Users: who uses the application, and their roles; one's own password."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sera_batching import audit
from sera_batching.exceptions import DomainError
from sera_batching.forms import PersonForm
from sera_batching.http import origin_of
from sera_batching.models import User
from sera_batching.people import (
    CHANGE,
    add_person,
    change_person,
    list_people,
    password_link,
    reset_password,
)


@require_safe
@permission_required("sera_batching.view_user", raise_exception=True)
def people(request: HttpRequest) -> HttpResponse:
    """List everybody with their roles."""
    return render(request, "people/list.html", {"people": list_people()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("sera_batching.add_user", raise_exception=True)
def person_add(request: HttpRequest) -> HttpResponse:
    """Add a person, and show the link by which they set their password."""
    form = PersonForm(request.POST or None, initial={"is_active": True})
    if form.is_valid():
        try:
            person = add_person(values=form.values(), origin=origin_of(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return show_link(request, person)
    return render(request, "people/person.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(CHANGE, raise_exception=True)
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show and change one person."""
    found = find_person(person_id)
    form = PersonForm(request.POST or None, instance=find_person(person_id))
    if form.is_valid():
        try:
            change_person(person=found, values=form.values(), origin=origin_of(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{found.username} was saved.")
            return redirect("people")
    context = {"form": form, "person": found}
    return render(request, "people/person.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@permission_required(CHANGE, raise_exception=True)
def person_reset_password(request: HttpRequest, person_id: int) -> HttpResponse:
    """Disable a password, and show the link that sets a new one."""
    found = find_person(person_id)
    try:
        return show_link(request, reset_password(person=found, origin=origin_of(request)))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("person", person_id=found.pk)


def find_person(person_id: int) -> User:
    """Return a person that the list shows, or answer 404."""
    found = list_people().filter(pk=person_id).first()
    if found is None:
        raise Http404("There is no such user.")
    return found


def show_link(request: HttpRequest, person: User) -> HttpResponse:
    """Show where a person sets their password: on this answer only."""
    url = request.build_absolute_uri(reverse("set_password", kwargs=password_link(person)))
    return render(request, "people/link.html", {"person": person, "url": url})


class SetPasswordView(PasswordResetConfirmView):
    """Anyone with the link sets the password, once."""

    template_name = "people/set_password.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        response = super().form_valid(form)
        origin = origin_of(self.request, user=form.user)
        audit.record(origin=origin, action="user.password_set", target=form.user)
        messages.success(self.request, "The password was set. Sign in with it.")
        return response


class OwnPasswordView(PasswordChangeView):
    """Change one's own password, and sign out everywhere else."""

    template_name = "people/own_password.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        audit.record(
            origin=origin_of(self.request), action="user.password_changed", target=form.user
        )
        messages.success(self.request, "The password was changed.")
        return response
