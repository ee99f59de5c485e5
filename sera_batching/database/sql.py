"""Set-based writes that the ORM cannot express: one statement for any number of rows."""

import io
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeVar, cast

from django.db import connection
from django.db.models import AutoField, BooleanField, Expression, Field, Model, QuerySet, Value
from django.db.models.constants import OnConflict
from django.db.models.expressions import Combinable

Row = TypeVar("Row", bound=Model)

FEW_PAGES: Final = 100
"""A table of this many 8 kB pages is read quickly, whatever the planner expects."""

_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
"""Characters that COPY would not read as themselves."""


def insert_objects(objects: Iterable[Row]) -> list[Row]:
    """Insert new instances of one model and set their keys, like `bulk_create`.

    PostgreSQL uses COPY, which takes a third of the time because nothing is bound; constraints and
    triggers apply as usual. No signals are sent.
    """
    rows = list(objects)
    if not rows:
        return rows
    model = type(rows[0])
    if connection.vendor != "postgresql":
        return model._default_manager.bulk_create(rows)
    for row, key in zip(rows, _reserve_keys(model, len(rows)), strict=True):
        row.pk = key
    names = [field.attname for field in model._meta.concrete_fields]
    _copy(model, names, map(attrgetter(*names), rows))
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias
    return rows


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert rows of plain values, in the order of the named columns; see `insert_objects`.

    Values are of the types of the fields: text, whole numbers, decimals, dates, booleans, None.
    """
    if connection.vendor == "postgresql":
        _copy(model, names, rows)
    else:
        objects = (model(**dict(zip(names, row, strict=True))) for row in rows)
        model._default_manager.bulk_create(objects)


def _reserve_keys(model: type[Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), str(model._meta.pk.column), count],
        )
        return [key for (key,) in cursor.fetchall()]


def _copy(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(model._meta.get_field(name).column)) for name in names)  # type: ignore[union-attr]
    text = "".join(["\t".join(map(_copied, row)) + "\n" for row in rows])
    # Django does not wrap errors of COPY in its own.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        target = f"{quote(model._meta.db_table)} ({columns})"
        cursor.copy_expert(f"COPY {target} FROM STDIN", io.StringIO(text))


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    return value.translate(_ESCAPED) if isinstance(value, str) else str(value)


def insert_from(
    model: type[Model],
    queryset: QuerySet[Any, Any],
    columns: Mapping[str, object],
    *,
    ignore_conflicts: bool = False,
) -> int:
    """INSERT INTO model SELECT … FROM queryset; return the number of rows.

    `columns` maps a field of the model to a field or annotation of the queryset (as `F`), another
    expression, or a plain value, which every row gets. `ignore_conflicts` leaves out rows that a
    unique constraint refuses.
    """
    fields = [cast("Field[Any, Any]", model._meta.get_field(name)) for name in columns]
    selected: dict[str, Any] = {}
    for position, (field, source) in enumerate(zip(fields, columns.values(), strict=True)):
        if isinstance(source, Model):
            source = source.pk
        if not isinstance(source, Combinable | Expression):
            source = Value(source, output_field=getattr(field, "target_field", field))
        selected[f"insert_{position}"] = source
    rows = queryset.order_by().annotate(**selected).values_list(*selected)
    sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field in fields)
    table = quote(model._meta.db_table)
    on_conflict = OnConflict.IGNORE if ignore_conflicts else None
    insert = connection.ops.insert_statement(on_conflict=on_conflict)
    suffix = connection.ops.on_conflict_suffix_sql([], on_conflict, [], [])
    with connection.cursor() as cursor:
        cursor.execute(f"{insert} {table} ({names}) {sql} {suffix}", parameters)
        return int(cursor.rowcount)


def refresh_statistics(*models: type[Model], keys_only: bool = False) -> None:
    """Refresh PostgreSQL's statistics after writing many rows, before they are read again.

    Otherwise the planner expects few new rows and joins them by nested loops for minutes.
    `keys_only` leaves out texts, dates and amounts, because sorting samples of texts takes longest.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for model in models:
                columns = f" ({', '.join(_keys_of(model))})" if keys_only else ""
                cursor.execute(
                    f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}{columns}"
                )


def refresh_outgrown_statistics(models: Iterable[type[Model]]) -> None:
    """Refresh PostgreSQL's statistics of the tables that have doubled since the last refresh.

    For writers that run for minutes: until autovacuum runs, the planner believes that a table that
    was empty is still small and scans all of it, which takes longer each time. Tables that another
    transaction has locked are left out.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid = ANY (%s::regclass[]) "
            "AND pg_relation_size(oid) "
            "> current_setting('block_size')::bigint * (2 * relpages + %s) ORDER BY relname",
            [[connection.ops.quote_name(model._meta.db_table) for model in models], FEW_PAGES],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {connection.ops.quote_name(table)}")


def _keys_of(model: type[Model]) -> list[str]:
    """Return the columns that rows are joined by and sorted into kinds by."""
    return [
        connection.ops.quote_name(str(field.column))
        for field in model._meta.concrete_fields
        if field.is_relation or field.choices or isinstance(field, AutoField | BooleanField)
    ]
