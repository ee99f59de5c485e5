"""Triggers that maintain a table in step with the documents, for both databases (ADR 15, 24)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Model

from sera_batching.database.locks import exclusive_books_lock
from sera_batching.database.triggers import present_triggers


@dataclass(frozen=True, slots=True)
class MaintainingTrigger:
    """A trigger: what to do for the rows that one kind of statement wrote.

    `work` is, by a column that names documents, the statements for these; `columns` are those of
    which an update counts.
    """

    table: str
    event: str
    work: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}_open_{self.event.lower()}"

    def create_statements(self) -> Iterator[str]:
        """Yield the DDL that makes the trigger in this kind of database."""
        if connection.vendor == "postgresql":
            yield self._function()
            tables = {
                "INSERT": "NEW TABLE AS new_rows",
                "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
                "DELETE": "OLD TABLE AS old_rows",
            }[self.event]
            yield (
                f"CREATE TRIGGER {self.name} AFTER {self.event} ON {self.table} "
                f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()"
            )
        else:
            event = f"UPDATE OF {', '.join(self.columns)}" if self.columns else self.event
            changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in self.columns)
            body = "".join(f"{statement};" for statement in self._row_statements())
            yield (
                f"CREATE TRIGGER {self.name} AFTER {event} ON {self.table} "
                f"{f'WHEN {changed} ' if changed else ''}BEGIN {body} END"
            )

    def drop_statement(self) -> str:
        on_table = f" ON {self.table}" if connection.vendor == "postgresql" else ""
        return f"DROP TRIGGER IF EXISTS {self.name}{on_table}"

    def _row_statements(self) -> Iterator[str]:
        """Yield what is done for one row, on SQLite."""
        row = "OLD" if self.event == "DELETE" else "NEW"
        for key, statements in self.work:
            for statement in statements:
                yield statement.replace("{ids}", f"{row}.{key}")

    def _steps(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield queries for an array of ids, and what is done for these, on PostgreSQL."""
        for key, statements in self.work:
            yield self._changed(key), statements

    def _function(self) -> str:
        """EXECUTE plans each statement again, because one row and a hundred thousand differ."""
        body = "".join(
            f"EXECUTE $q${query}$q$ INTO ids; "
            f"IF ids IS NOT NULL THEN {_executed(statements)} END IF; "
            for query, statements in self._steps()
        )
        return (
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$f$ DECLARE ids bigint[]; BEGIN {body} RETURN NULL; END $f$"
        )

    def _changed(self, key: str) -> str:
        """Return the query for the documents to update; an array, or NULL if there are none."""
        if not self.columns:
            return self._written(key)
        differs = " OR ".join(f"was.{one} IS DISTINCT FROM changed.{one}" for one in self.columns)
        was = f"SELECT FROM old_rows was WHERE was.id = changed.id AND ({differs})"
        return f"{self._written(key)} AND EXISTS ({was})"

    def _written(self, key: str) -> str:
        rows = "old_rows" if self.event == "DELETE" else "new_rows"
        return (
            f"SELECT array_agg(changed.{key}) FROM {rows} changed WHERE changed.{key} IS NOT NULL"  # noqa: S608
        )


def _executed(statements: tuple[str, ...]) -> str:
    texts = (one.replace("IN ({ids})", "= ANY ($1)") for one in statements)
    return " ".join(f"EXECUTE $q${text}$q$ USING ids;" for text in texts)


def install_maintaining_triggers(
    triggers: Sequence[MaintainingTrigger],
    maintained: Sequence[type[Model]],
    rebuild: Callable[[], None],
) -> None:
    """Recreate the triggers that maintain these tables, and refill the tables by `rebuild`.

    Does nothing while a table is missing, as in the middle of a backward migration.
    """
    tables = {trigger.table for trigger in triggers} | {
        model._meta.db_table for model in maintained
    }
    if not tables.issubset(connection.introspection.table_names()):
        return
    with transaction.atomic():
        exclusive_books_lock()
        with connection.cursor() as cursor:
            for trigger in triggers:
                cursor.execute(trigger.drop_statement())
                for statement in trigger.create_statements():
                    cursor.execute(statement)
        rebuild()


def missing(triggers: Sequence[MaintainingTrigger]) -> list[str]:
    """Return the names of triggers that should exist and do not."""
    present = present_triggers()
    return [trigger.name for trigger in triggers if trigger.name not in present]
