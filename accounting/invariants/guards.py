"""The invariants behind all others: the database itself refuses what must not be (ADR 2, ADR 6)."""

import re
from collections.abc import Iterator
from typing import Final

from django.apps import apps
from django.db import connection

from accounting.invariants.breaches import Breach
from accounting.triggers import foreign_keys
from sera_batching.database import triggers

APPS: Final = ("sera_batching", "invoices", "payments", "accounting")


def frozen_tables_are_guarded() -> Iterator[Breach]:
    """Frozen tables and what is checked by sets have their triggers; `migrate` makes them again."""
    present = triggers.present_triggers()
    by_sets = [name for name in foreign_keys.trigger_names() if name not in present]
    for name in (*triggers.missing(), *by_sets):
        yield Breach(f"The trigger {name} is missing; run migrate.", ({"trigger": name},))


def constraints_are_in_place() -> Iterator[Breach]:
    """Every constraint that a model declares is in the database: a migration may lose one."""
    models = [model for name in APPS for model in apps.get_app_config(name).get_models()]
    for model in models:
        table = model._meta.db_table
        present = _constraint_names(table)
        for constraint in model._meta.constraints:
            if constraint.name not in present:
                yield Breach(
                    f"The constraint {constraint.name} of {table} is missing.",
                    ({"table": table, "constraint": constraint.name},),
                )


def _constraint_names(table: str) -> set[str]:
    """Return the names of a table's constraints and indexes, as the database has them."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return set(connection.introspection.get_constraints(cursor, table))
        # On SQLite Django parses each table's SQL in Python, which takes a second for all tables.
        cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = %s", [table])
        rows = cursor.fetchall()
    names = {name for kind, name, _ in rows if kind == "index"}
    for kind, _, statement in rows:
        if kind == "table":
            names.update(re.findall(r'CONSTRAINT "([^"]+)"', statement))
    return names
