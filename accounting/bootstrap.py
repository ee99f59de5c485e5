"""What a fresh database has after `migrate` (feed.md): triggers, roles, the company, user `ops`."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounting.roles import ADMIN, ROLES
from accounting.triggers import foreign_keys, listed_documents, open_documents
from sera_batching.database import triggers
from sera_batching.models import Company, User
from sera_batching.models.users import OPERATIONS_USERNAME


def lift_triggers(plan: Sequence[object] = (), **_: Any) -> None:
    """Let a migration change the tables, before it does; `install_defaults` follows it.

    One that fails leaves the triggers lifted until the next, and `/health/` says so.
    """
    if plan:
        triggers.lift()


def install_defaults(**_: Any) -> None:
    """Make everything that is missing; safe to repeat, after each migrate and flush."""
    with transaction.atomic():
        # First, for it waits until nobody writes, and must hold no table while it does.
        open_documents.install()
        listed_documents.install()
        foreign_keys.install()
        triggers.install()
        install_roles()
        Company.current()
        ensure_operations_user()


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
