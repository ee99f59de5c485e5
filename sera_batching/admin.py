"""Users, the company's settings and the audit trail in Django's admin, read-only."""

from django.contrib import admin

# Registers the groups, which are then unregistered.
from django.contrib.auth import admin as _auth_admin  # noqa: F401
from django.contrib.auth.models import Group

from sera_batching.admin_site import ReadOnlyAdmin
from sera_batching.models import AuditEvent, Company, User

# The permissions of a role are defined in code and restored by each migrate.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin):
    list_display = ("username", "email", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "email", "last_name")
    exclude = ("password",)


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    list_display = ("name", "profile", "time_zone", "closing_date", "changed_at")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_name", "action", "target_label", "note", "channel", "address")
    list_filter = ("channel", "at")
    search_fields = ("=actor_name", "=action", "=target_id", "target_label", "=request_id")
