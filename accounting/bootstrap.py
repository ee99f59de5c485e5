"""What a new database gets after `migrate`: triggers, roles, the company, the user `ops`.

Source: operations.md, Installing.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import transaction

from accounting.triggers import foreign_keys, list_rows, unbatched_documents
from sera_batching.database import triggers
from sera_batching.models import Company
from sera_batching.roles import ensure_operations_user, install_roles


def lift_triggers(plan: Sequence[object] = (), **_: Any) -> None:
    """Drop the triggers so that a migration can alter tables; `install_defaults` restores them.

    A failed migration leaves them dropped until the next one; `/health/` reports it.
    """
    if plan:
        triggers.lift()


def install_defaults(apps: Apps = current_apps, **_: Any) -> None:
    """Create everything that is missing after a migrate or flush; safe to repeat."""
    with transaction.atomic():
        # First, because it waits for all writers and must hold no table lock meanwhile.
        unbatched_documents.install()
        list_rows.install()
        foreign_keys.install()
        triggers.install()
        install_roles(apps)
        Company.current()
        ensure_operations_user()
