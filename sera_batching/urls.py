"""The URL of every page: those that no app above has, and what each app adds."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from sera_batching.views import audit, company, people, shell

urlpatterns = [
    path("sign-in/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    # Open to everybody: signing out of a session that has ended must not ask to sign in first.
    path("sign-out/", login_not_required(auth_views.LogoutView.as_view()), name="logout"),
    path("theme/", shell.change_theme, name="theme"),
    path("health/", shell.health, name="health"),
    path("settings/", company.company_settings, name="settings"),
    path("settings/users/", people.people, name="people"),
    path("settings/users/add/", people.person_add, name="person_add"),
    path("settings/users/<int:person_id>/", people.person, name="person"),
    path(
        "settings/users/<int:person_id>/reset-password/",
        people.person_reset_password,
        name="person_reset_password",
    ),
    path("set-password/<uidb64>/<token>/", people.SetPasswordView.as_view(), name="set_password"),
    path("account/password/", people.OwnPasswordView.as_view(), name="own_password"),
    path("audit/", audit.audit_trail, name="audit"),
    path("audit/csv/", audit.audit_csv, name="audit_csv"),
    path("admin/", admin.site.urls),
    path("", include("accounting.urls")),
    path("", include("backoffice.urls")),
    path("", include("integrations.urls")),
]

handler500 = "sera_batching.views.errors.server_error"
