"""The database itself refuses to change or delete what is frozen (reliability.md, D7)."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from accounting.defaults import install_defaults
from invoices.models import CreditMemo, InvoiceLine, InvoiceRevision
from invoices.tests.factories import make_credit_memo, make_department, make_invoice
from payments.models import Allocation, PaymentRevision, Refund
from payments.tests.factories import make_payment, make_refund
from sera_batching import triggers
from sera_batching.models import AuditEvent, Company
from sera_batching.triggers import FrozenTable

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


@pytest.mark.django_db(transaction=True)
def test_flush_empties_frozen_tables_and_leaves_a_fresh_database() -> None:
    make_department("HVAC")
    assert AuditEvent.objects.count() == 1
    call_command("flush", interactive=False, verbosity=0)
    assert AuditEvent.objects.count() == 0
    assert triggers.missing() == []
    assert Company.objects.get().time_zone == "America/Chicago"
    refuses_table = "sera_batching_auditevent"
    make_department("HVAC")
    refuses(f'DELETE FROM "{refuses_table}"', refuses_table)
