"""Rows straight into the tables: COPY on PostgreSQL, executemany on SQLite."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from accounting.triggers import list_rows, unbatched_documents

Cell = str | int | None
"""Dates as ISO text, moments as UTC text, decimals as text, booleans as 0 and 1."""

ROWS_AT_ONCE: Final = 20_000


class Table:
    """A table being filled; rows are tuples in the order of the named fields."""

    def __init__(self, model: type[Model], *fields: str) -> None:
        self.model = model
        quote = connection.ops.quote_name
        columns = [str(model._meta.get_field(name).column) for name in fields]  # type: ignore[union-attr]
        self._target = f"{quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"
        self._places = ", ".join(["%s"] * len(fields))
        self._rows: list[tuple[Cell, ...]] = []

    def add(self, *row: Cell) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._rows:
            if connection.vendor == "postgresql":
                self._copy()
            else:
                self._insert()
        self._rows.clear()

    def _copy(self) -> None:
        text = "".join(
            "\t".join("\\N" if cell is None else str(cell) for cell in row) + "\n"
            for row in self._rows
        )
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {self._target} FROM STDIN", io.StringIO(text))

    def _insert(self) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self._target} VALUES ({self._places})",  # noqa: S608 - our names
                self._rows,
            )


@contextmanager
def filled(*tables: Table) -> Iterator[None]:
    """Write the rest of the tables' rows at the end; new rows then count on from their ids."""
    yield
    for table in tables:
        table.flush()
    models = [table.model for table in tables]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """Lift the triggers that maintain tables; make them and work the tables out at the end.

    Row by row, with no statistics of tables that are just being filled, it would take hours.
    """
    with connection.cursor() as cursor:
        for trigger in (
            *unbatched_documents.MAINTAINING_TRIGGERS,
            *list_rows.maintaining_triggers(),
        ):
            cursor.execute(trigger.drop_statement())
    yield
    analyze()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # No trigger is made on a table whose rows have yet to be checked.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    unbatched_documents.install()
    list_rows.install()


def analyze() -> None:
    """Tell the planner of the database what is in it, as its own housekeeping would in time."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
