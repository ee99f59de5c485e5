"""What a fresh database has after `migrate`: triggers, roles, the company, the user `ops`.

Source: operations.md, Installing.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounting.triggers import foreign_keys, list_rows, unbatched_documents
from sera_batching.database import triggers
from sera_batching.models import Company
from sera_batching.roles import ensure_operations_user, install_roles


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
        unbatched_documents.install()
        list_rows.install()
        foreign_keys.install()
        triggers.install()
        install_roles()
        Company.current()
        ensure_operations_user()
