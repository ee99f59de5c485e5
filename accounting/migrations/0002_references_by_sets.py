"""On PostgreSQL, statement triggers check references by sets in the place of foreign keys (ADR 25).

SQLite keeps its foreign keys: to drop one there is to remake the table.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.db import connection, migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_CHECKED_BY_SETS: Final = {
    "batchitem": (
        *("batch", "party", "customer", "department", "refund", "credit_memo", "previous"),
        *("invoice", "invoice_revision", "payment", "payment_revision"),
    ),
    "paymentrow": ("item", "invoice"),
    "batchparty": ("batch", "customer"),
}


def drop_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for model, field in _fields(apps):
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, each in found.items():
            if each["foreign_key"] and each["columns"] == [field.column]:
                table = schema_editor.quote_name(model._meta.db_table)
                key = schema_editor.quote_name(name)
                schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")


def make_keys(apps: StateApps, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for model, field in _fields(apps):
        suffix = "_fk_%(to_table)s_%(to_column)s"
        schema_editor.execute(schema_editor._create_fk_sql(model, field, suffix))


def _fields(apps: StateApps) -> Iterator[tuple[Any, Any]]:
    for model_name, fields in _CHECKED_BY_SETS.items():
        model = apps.get_model("accounting", model_name)
        for name in fields:
            yield model, model._meta.get_field(name)


class Migration(migrations.Migration):
    dependencies = [("accounting", "0001_initial")]

    operations = [migrations.RunPython(drop_keys, make_keys)]
