"""Django's admin, read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import Model
from django.http import HttpRequest


class SeraAdminSite(admin.AdminSite):
    """Open to anyone who may manage users; everything is read-only."""

    site_header = "Sera Batching"
    site_title = "Sera Batching"
    index_title = "Records"
    # Django's own form asks for is_staff; here the role decides.
    login_form = AuthenticationForm

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm("sera_batching.change_user")


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Read-only: only services write records, with their rules and audit rows."""

    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
