"""Fewer index entries an item, and checks by sets in the place of foreign keys (ADR 25).

By hand, for an AlterField of `db_index` drops partial unique constraints of the column, too
(PostgreSQL), or remakes the table (SQLite).
"""

from collections.abc import Iterator
from typing import Any, Final

import django.db.models.deletion
from django.db import connection, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_UNINDEXED: Final = {
    "batchitem": ("invoice", "invoice_revision", "payment", "payment_revision"),
    "paymentrow": ("item",),
    "batchparty": ("batch", "customer"),
}
_CHECKED_BY_SETS: Final = {
    "batchitem": (
        *("batch", "party", "customer", "department", "refund", "credit_memo", "previous"),
        *("invoice", "invoice_revision", "payment", "payment_revision"),
    ),
    "paymentrow": ("item", "invoice"),
    "batchparty": ("batch", "customer"),
}


def drop_indexes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for model, field in _fields(apps, _UNINDEXED):
        for name, found in _constraints(model, field).items():
            if found["index"] and not found["unique"]:
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def make_indexes(apps: StateApps, schema_editor: Any) -> None:
    for model, field in _fields(apps, _UNINDEXED):
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))


def drop_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite keeps its foreign keys: to drop one there is to remake the table."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for model, field in _fields(apps, _CHECKED_BY_SETS):
        for name, found in _constraints(model, field).items():
            if found["foreign_key"]:
                table = schema_editor.quote_name(model._meta.db_table)
                key = schema_editor.quote_name(name)
                schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")


def make_keys(apps: StateApps, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for model, field in _fields(apps, _CHECKED_BY_SETS):
        suffix = "_fk_%(to_table)s_%(to_column)s"
        schema_editor.execute(schema_editor._create_fk_sql(model, field, suffix))


def _fields(apps: StateApps, names: dict[str, tuple[str, ...]]) -> Iterator[tuple[Any, Any]]:
    for model_name, fields in names.items():
        model = apps.get_model("accounting", model_name)
        for name in fields:
            yield model, model._meta.get_field(name)


def _constraints(model: Any, field: Any) -> dict[str, Any]:
    """Return what is on this column alone."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return {name: each for name, each in found.items() if each["columns"] == [field.column]}


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0007_listed_documents"),
        ("invoices", "0006_customers_by_name"),
        ("payments", "0003_open_documents"),
    ]

    operations = [
        migrations.RunPython(drop_keys, make_keys),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes, make_indexes)],
            state_operations=[
                migrations.AlterField(
                    model_name="batchitem",
                    name="invoice",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_items",
                        to="invoices.invoice",
                    ),
                ),
                migrations.AlterField(
                    model_name="batchitem",
                    name="invoice_revision",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_items",
                        to="invoices.invoicerevision",
                    ),
                ),
                migrations.AlterField(
                    model_name="batchitem",
                    name="payment",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_items",
                        to="payments.payment",
                    ),
                ),
                migrations.AlterField(
                    model_name="batchitem",
                    name="payment_revision",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_items",
                        to="payments.paymentrevision",
                    ),
                ),
                migrations.AlterField(
                    model_name="batchparty",
                    name="batch",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parties",
                        to="accounting.batch",
                    ),
                ),
                migrations.AlterField(
                    model_name="batchparty",
                    name="customer",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parties",
                        to="invoices.customer",
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentrow",
                    name="item",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment_rows",
                        to="accounting.batchitem",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="batchitem",
            index=models.Index(
                condition=models.Q(("invoice__isnull", False)),
                fields=["invoice"],
                name="item_of_invoice",
            ),
        ),
        migrations.AddIndex(
            model_name="batchitem",
            index=models.Index(
                condition=models.Q(("payment__isnull", False)),
                fields=["payment"],
                name="item_of_payment",
            ),
        ),
        migrations.AlterField(
            model_name="draftitem",
            name="draft",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="accounting.draft",
            ),
        ),
    ]
