"""The database itself refuses to change or delete what is frozen (reliability.md, D7)."""

from copy import copy

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, transaction
from django.db.migrations import Migration
from django.db.models import Field, Model

from accounting.bootstrap import install_defaults
from accounting.invariants import find_breaches
from accounting.models import BatchItem
from accounting.tests.factories import make_batch
from invoices.models import CreditMemo, Invoice, InvoiceLine, InvoiceRevision
from invoices.tests.factories import make_credit_memo, make_department, make_invoice
from payments.models import Allocation, PaymentRevision, Refund
from payments.tests.factories import make_payment, make_refund
from sera_batching.database import triggers
from sera_batching.database.triggers import FrozenTable
from sera_batching.models import AuditEvent, Company

pytestmark = pytest.mark.django_db

FROZEN_LABELS = [
    "accounting.BatchItem",
    "accounting.BatchParty",
    "accounting.ItemWarning",
    "accounting.PaymentRow",
    "accounting.RefundUse",
    "invoices.CreditMemo",
    "invoices.InvoiceLine",
    "invoices.InvoiceRevision",
    "payments.Allocation",
    "payments.PaymentRevision",
    "payments.Refund",
    "sera_batching.AuditEvent",
    "sera_batching.AuditSeal",
]


@pytest.fixture
def documents() -> None:
    invoice = make_invoice()
    make_credit_memo(invoice=invoice)
    make_refund(payment=make_payment(invoice=invoice))


def refuses(sql: str, table: str) -> None:
    with (
        pytest.raises(DatabaseError, match=f"{table} is frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_these_tables_are_frozen() -> None:
    assert sorted(table.model_label for table in triggers.frozen_tables()) == FROZEN_LABELS


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (InvoiceRevision, "memo"),
        (InvoiceLine, "description"),
        (CreditMemo, "source"),
        (PaymentRevision, "memo"),
        (Allocation, "position"),
        (Refund, "memo"),
        (AuditEvent, "note"),
    ],
)
@pytest.mark.usefixtures("documents")
def test_rows_are_neither_changed_nor_deleted_by_sql(model: type[Model], column: str) -> None:
    table = model._meta.db_table
    before = list(model._base_manager.order_by("pk").values_list())
    assert before
    value = 99 if column == "position" else "'changed'"
    refuses(f'UPDATE "{table}" SET "{column}" = {value}', table)
    refuses(f'DELETE FROM "{table}"', table)
    assert list(model._base_manager.order_by("pk").values_list()) == before


@pytest.mark.usefixtures("documents")
def test_an_update_that_changes_nothing_passes() -> None:
    with connection.cursor() as cursor:
        cursor.execute('UPDATE "invoices_invoicerevision" SET "memo" = "memo"')
        assert cursor.rowcount == 1


def test_columns_that_an_undo_sets_stay_open() -> None:
    items = FrozenTable("accounting.BatchItem", ("is_live", "is_newest"))
    assert "is_live" not in items.fixed_columns
    assert "is_newest" not in items.fixed_columns
    assert "amount_cents" in items.fixed_columns
    assert items in triggers.frozen_tables()


def test_a_missing_trigger_is_noticed_and_put_back() -> None:
    assert triggers.missing() == []
    on_table = ' ON "payments_refund"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "payments_refund_no_delete"{on_table}')
    assert triggers.missing() == ["payments_refund_no_delete"]
    triggers.install()
    triggers.install()
    assert triggers.missing() == []


def test_all_can_be_lifted_and_put_back() -> None:
    triggers.remove()
    assert len(triggers.missing()) == 2 * len(FROZEN_LABELS)
    install_defaults()
    assert triggers.missing() == []


@pytest.mark.parametrize(
    ("model", "name"),
    [(Invoice, "number"), (InvoiceRevision, "terms"), (BatchItem, "number"), (Refund, "number")],
)
@pytest.mark.django_db(transaction=True)
def test_a_migration_can_change_a_table_that_triggers_name(model: type[Model], name: str) -> None:
    emit_pre_migrate_signal(0, False, "default", plan=[(Migration("0999_x", "accounting"), False)])
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    longer = copy(field)
    longer.max_length = 200
    try:
        for before, after in ((field, longer), (longer, field)):
            with connection.schema_editor() as editor:
                editor.alter_field(model, before, after)
    finally:
        emit_post_migrate_signal(0, False, "default")
    assert list(find_breaches()) == []


def test_a_migrate_that_has_nothing_to_do_lifts_no_trigger() -> None:
    emit_pre_migrate_signal(0, False, "default", plan=[])
    assert triggers.missing() == []


@pytest.mark.parametrize("reset_sequences", [True, False])
@pytest.mark.django_db(transaction=True)
def test_flush_empties_frozen_tables_and_leaves_a_fresh_database(reset_sequences: bool) -> None:
    make_department("HVAC")
    assert AuditEvent.objects.count() == 1
    make_invoice()
    make_batch(is_built=False)
    call_command("flush", interactive=False, verbosity=0, reset_sequences=reset_sequences)
    assert AuditEvent.objects.count() == 0
    assert triggers.missing() == []
    assert Company.objects.get().time_zone == "America/Chicago"
    refuses_table = "sera_batching_auditevent"
    make_department("HVAC")
    refuses(f'DELETE FROM "{refuses_table}"', refuses_table)
