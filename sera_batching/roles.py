"""The three roles (domain.md §9): what each may do, every app says of its own permissions."""

from typing import Final

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from sera_batching.models import User
from sera_batching.models.users import OPERATIONS_USERNAME

OFFICE: Final = "Office"
ACCOUNTANT: Final = "Accountant"
ADMIN: Final = "Admin"

ROLES: Final = (OFFICE, ACCOUNTANT, ADMIN)
"""Each may also do whatever those before it may."""

_GRANTS: Final[dict[str, str]] = {}
"""Permission → the first role that has it."""


def grant(role: str, *permissions: str) -> None:
    """Let a role, and those after it, do something; an app calls this for its own permissions."""
    _GRANTS.update(dict.fromkeys(permissions, role))


def permissions_of(role: str) -> set[str]:
    """Return what a role may do, such as {"invoices.view_invoice"}."""
    included = ROLES[: ROLES.index(role) + 1]
    return {permission for permission, first in _GRANTS.items() if first in included}


def install_roles(apps: Apps = current_apps) -> None:
    """Give each role exactly the permissions granted to it: what the code says is the truth.

    `apps` has the models as the database is migrated, which may be to an earlier version. Models
    of later ones must get no content types yet: their names would be taken when they are migrated.
    """
    # Django makes the permissions of an app in a receiver that may be called after ours.
    for label in sorted({permission.partition(".")[0] for permission in _GRANTS}):
        create_permissions(current_apps.get_app_config(label), verbosity=0, apps=apps)
    existing = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(existing[permission] for permission in permissions_of(role))


def ensure_operations_user() -> User:
    """Return the user in whose name commands act when none is named."""
    user, created = User.objects.get_or_create(username=OPERATIONS_USERNAME)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    user.groups.add(Group.objects.get(name=ADMIN))
    return user


grant(
    ADMIN,
    "sera_batching.change_company",
    "sera_batching.view_auditevent",
    "sera_batching.view_user",
    "sera_batching.add_user",
    "sera_batching.change_user",
)
