"""Tables whose rows the database itself refuses to change (ADR 2), on PostgreSQL and SQLite.

A frozen table refuses DELETE, and UPDATE of any column except the few that an undo sets. Triggers
are not part of migrations, because neither database alters a table that a trigger names. They are
dropped before a migration, recreated by `install` after every migrate and flush, and verified by
`check_books`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

_frozen: list["FrozenTable"] = []


@dataclass(frozen=True, slots=True)
class FrozenTable:
    """A model whose rows are never deleted and change in `mutable_fields` only."""

    model_label: str
    mutable_fields: tuple[str, ...] = ()

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.model_label)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def trigger_names(self) -> tuple[str, str]:
        return f"{self.table}_no_update", f"{self.table}_no_delete"

    @property
    def fixed_columns(self) -> list[str]:
        return [
            field.column
            for field in self.model._meta.local_concrete_fields
            if field.column and field.name not in self.mutable_fields
        ]


def freeze(model_label: str, *, mutable_fields: tuple[str, ...] = ()) -> None:
    """Register a model; called once from its app's `ready`."""
    table = FrozenTable(model_label, mutable_fields)
    if table not in _frozen:
        _frozen.append(table)


def frozen_tables() -> tuple[FrozenTable, ...]:
    return tuple(_frozen)


def install() -> None:
    """Recreate every trigger on the tables that exist; safe to repeat."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in _frozen:
            if table.table in present:
                for statement in (*_drop_statements(table), *_create_statements(table)):
                    cursor.execute(statement)


def remove() -> None:
    """Drop the triggers of every frozen table: only for emptying a whole database."""
    frozen = {name for table in _frozen for name in table.trigger_names}
    _drop(lambda name, table: name in frozen)


def lift() -> None:
    """Drop every trigger whose name begins with its table's, as all of ours do in any version.

    PostgreSQL refuses to change a column that a trigger names, SQLite to remake its table.
    """
    _drop(lambda name, table: name.startswith(f"{table}_"))


def missing() -> list[str]:
    """Return the names of triggers that should exist and do not."""
    present = present_triggers()
    return [name for table in _frozen for name in table.trigger_names if name not in present]


def present_triggers() -> set[str]:
    """Return the names of all triggers that exist and are enabled."""
    return {name for name, _, is_heeded in _catalogue() if is_heeded}


def _catalogue() -> list[tuple[str, str, bool]]:
    """Return each trigger of the database: name, table, whether it is enabled."""
    query = (
        "SELECT tgname, relname, tgenabled <> 'D' FROM pg_trigger "
        "JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND pg_table_is_visible(tgrelid)"
        if connection.vendor == "postgresql"
        else "SELECT name, tbl_name, TRUE FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [(name, table, bool(heeded)) for name, table, heeded in cursor.fetchall()]


def _drop(is_due: Callable[[str, str], bool]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for name, table, _ in _catalogue():
            if is_due(name, table):
                cursor.execute(_drop_statement(name, table))


def _drop_statements(table: FrozenTable) -> Iterable[str]:
    return (_drop_statement(name, table.table) for name in table.trigger_names)


def _drop_statement(name: str, table: str) -> str:
    on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    return f'DROP TRIGGER IF EXISTS "{name}"{on_table}'


def _create_statements(table: FrozenTable) -> Iterable[str]:
    update_name, delete_name = table.trigger_names
    # An update that names no fixed column, like an undo's, is not checked row by row.
    named = f" OF {', '.join(map(connection.ops.quote_name, table.fixed_columns))}"
    message = f"{table.table} is frozen: its rows are never changed or deleted"
    if connection.vendor == "postgresql":
        function = f"{table.table}_refuse"
        changed = " OR ".join(
            f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in table.fixed_columns
        )
        yield (
            f'CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger LANGUAGE plpgsql AS '
            f"$$ BEGIN RAISE EXCEPTION '{message}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        yield (
            f'CREATE TRIGGER "{update_name}" BEFORE UPDATE{named} ON "{table.table}" FOR EACH ROW '
            f'WHEN ({changed}) EXECUTE FUNCTION "{function}"()'
        )
        yield (
            f'CREATE TRIGGER "{delete_name}" BEFORE DELETE ON "{table.table}" FOR EACH ROW '
            f'EXECUTE FUNCTION "{function}"()'
        )
    else:
        changed = " OR ".join(
            f'OLD."{column}" IS NOT NEW."{column}"' for column in table.fixed_columns
        )
        yield (
            f'CREATE TRIGGER "{update_name}" BEFORE UPDATE{named} ON "{table.table}" '
            f"WHEN {changed} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        yield (
            f'CREATE TRIGGER "{delete_name}" BEFORE DELETE ON "{table.table}" '
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
