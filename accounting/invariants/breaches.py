"""What every invariant of the books is made of: breaches, with the rows that show them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Model, QuerySet

CHUNK: Final = 1_000
"""Documents looked at together: memory stays bounded whatever the size of the books."""

Row = Mapping[str, Any]
"""A row of the database by its table and id, with the columns that matter."""


@dataclass(frozen=True, slots=True)
class Breach:
    """Something in the books that must not be, in a sentence, and the rows that show it."""

    message: str
    rows: tuple[Row, ...]
    invariant: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "invariant": self.invariant,
            "message": self.message,
            "rows": [dict(row) for row in self.rows],
        }


Invariant = Callable[[], Iterator[Breach]]
"""Yields the breaches of one rule; its name is the rule's."""


def row_of(model: type[Model], pk: object, **values: Any) -> Row:
    """Return a row of a model; the values are plain, as JSON takes them."""
    return {"table": model._meta.db_table, "id": pk, **values}


def ids_in_chunks(queryset: QuerySet[Any]) -> Iterator[list[int]]:
    """Yield the ids of a queryset in order, `CHUNK` at a time, each by a statement of its own."""
    last = -1
    while True:
        rows = queryset.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        ids = list(rows[:CHUNK])
        if not ids:
            return
        yield ids
        last = ids[-1]


@contextmanager
def one_moment() -> Iterator[None]:
    """Read in one snapshot without blocking writers; inside a transaction, in that transaction.

    Our SQLite transactions are IMMEDIATE and would block every writer, so a deferred one is begun
    by hand.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # The first time, Django tests this feature in a transaction; do it before ours begins.
        _ = connection.features.supports_json_field
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
