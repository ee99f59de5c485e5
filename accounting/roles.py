"""The three roles and what each may do: the table of domain.md §9, as data."""

from typing import Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from sera_batching.models import User
from sera_batching.models.users import OPERATIONS_USERNAME

OFFICE: Final = "Office"
ACCOUNTANT: Final = "Accountant"
ADMIN: Final = "Admin"

_OFFICE_PERMISSIONS: Final = (
    "invoices.view_invoice",
    "payments.view_payment",
    "payments.take_payment",
    "accounting.view_batch",
)
_ACCOUNTANT_PERMISSIONS: Final = (
    *_OFFICE_PERMISSIONS,
    "invoices.view_catalogue",
    "accounting.view_unbatched",
    "accounting.make_batch",
    "accounting.download_batch",
    "accounting.retry_batch",
    "accounting.mark_loaded",
    "accounting.work_follow_ups",
)
_ADMIN_PERMISSIONS: Final = (
    *_ACCOUNTANT_PERMISSIONS,
    "accounting.undo_batch",
    "accounting.release_batch",
    "accounting.import_feed",
    "invoices.approve_invoice",
    "invoices.edit_invoice",
    "invoices.void_invoice",
    "invoices.cancel_invoice",
    "invoices.hold_invoice",
    "invoices.change_accounting_key",
    "invoices.merge_customers",
    "invoices.change_catalogue",
    "payments.refund_payment",
    "payments.reallocate_payment",
    "payments.remove_payment",
    "payments.dispute_payment",
    "integrations.manage_tokens",
    "integrations.manage_webhooks",
    "sera_batching.change_company",
    "sera_batching.view_auditevent",
    "sera_batching.view_user",
    "sera_batching.add_user",
    "sera_batching.change_user",
)

ROLES: Final[dict[str, tuple[str, ...]]] = {
    OFFICE: _OFFICE_PERMISSIONS,
    ACCOUNTANT: _ACCOUNTANT_PERMISSIONS,
    ADMIN: _ADMIN_PERMISSIONS,
}


def install_roles() -> None:
    """Give each role exactly the permissions of the table: the table is the truth."""
    # Django makes the permissions of this app in a receiver that is called after ours.
    create_permissions(apps.get_app_config("accounting"), verbosity=0)
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for name, codes in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(permissions[code] for code in codes if code in permissions)


def ensure_operations_user() -> User:
    """Return the user in whose name commands act when none is named."""
    user, created = User.objects.get_or_create(username=OPERATIONS_USERNAME)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    user.groups.add(Group.objects.get(name=ADMIN))
    return user
