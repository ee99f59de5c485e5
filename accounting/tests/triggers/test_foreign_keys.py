"""What items and payment rows refer to exists; checked once per statement (ADR 25)."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet

from accounting.invariants import find_breaches
from accounting.models import Batch, BatchItem, PaymentRow
from accounting.tests.factories import make_batch, make_ready_batch
from accounting.tests.scenes import make_every_kind
from invoices.models import Customer, Department, Invoice
from invoices.tests.factories import make_invoice, make_origin
from payments.tests.factories import make_payment
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

NOWHERE = 999_999


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def batched(origin: Origin) -> BatchItem:
    """An invoice's item; its payment is in the same batch."""
    invoice = make_invoice("INV-1", origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    # So that a copy of it violates no other constraint.
    BatchItem.objects.update(is_live=False, is_newest=False)
    return BatchItem.objects.get(invoice=invoice)


def write(row: Model) -> None:
    with transaction.atomic():
        row.save(force_insert=True)
        connection.check_constraints()


def copy_with(item: BatchItem, **values: object) -> None:
    """Write the item again with other values, in one transaction."""
    item.pk, item._state.adding = None, True
    for name, value in values.items():
        setattr(item, name, value)
    write(item)


def delete(rows: QuerySet[Any]) -> None:
    """Delete without asking Django, as a person with SQL does."""
    with transaction.atomic():
        rows._raw_delete("default")
        connection.check_constraints()


def test_a_copy_that_names_what_is_there_is_taken(batched: BatchItem) -> None:
    copy_with(batched)
    assert BatchItem.objects.filter(invoice__number="INV-1").count() == 2


@pytest.mark.parametrize(
    "column",
    ["batch_id", "party_id", "customer_id", "department_id", "invoice_id", "invoice_revision_id"],
)
def test_an_item_that_names_nothing_is_refused(batched: BatchItem, column: str) -> None:
    with pytest.raises(IntegrityError):
        copy_with(batched, **{column: NOWHERE})
    assert BatchItem.objects.count() == 2


@pytest.mark.parametrize("column", ["payment_id", "payment_revision_id"])
def test_a_payment_that_is_not_there_is_refused(batched: BatchItem, column: str) -> None:
    item = BatchItem.objects.get(payment__number="P-1", batch=batched.batch)
    with pytest.raises(IntegrityError):
        copy_with(item, **{column: NOWHERE})


def test_what_few_items_have_is_checked_too(origin: Origin) -> None:
    make_every_kind(origin)
    make_batch(is_built=False, origin=origin)
    BatchItem.objects.update(is_live=False, is_newest=False)
    for column in ("refund_id", "credit_memo_id", "previous_id"):
        item = BatchItem.objects.filter(**{f"{column}__isnull": False}).latest("pk")
        with pytest.raises(IntegrityError):
            copy_with(item, **{column: NOWHERE})


@pytest.mark.postgresql
def test_the_revision_is_one_of_the_invoice(batched: BatchItem, origin: Origin) -> None:
    other = make_invoice("INV-2", origin=origin)
    with pytest.raises(IntegrityError, match="invoices_invoicerevision"):
        copy_with(batched, invoice=other)


@pytest.mark.postgresql
def test_the_party_is_one_of_the_batch(batched: BatchItem, origin: Origin) -> None:
    make_invoice("INV-2", origin=origin)
    later = make_ready_batch(origin=origin)
    with pytest.raises(IntegrityError, match="accounting_batchparty"):
        copy_with(batched, batch=later)


@pytest.mark.parametrize("column", ["batch_id", "customer_id"])
def test_a_party_is_a_customer_in_a_batch(batched: BatchItem, column: str) -> None:
    party = batched.party
    party.pk, party._state.adding = None, True
    setattr(party, column, NOWHERE)
    with pytest.raises(IntegrityError):
        write(party)


def test_a_row_of_a_payment_names_an_item_and_an_invoice(batched: BatchItem) -> None:
    row = PaymentRow.objects.get()
    whole = {"item_id": row.item_id, "invoice_id": row.invoice_id, "position": 7, "amount_cents": 1}
    for values in ({"item_id": NOWHERE}, {"invoice_id": NOWHERE}):
        with pytest.raises(IntegrityError):
            write(PaymentRow(**{**whole, **values}))


@pytest.mark.postgresql
def test_what_an_item_names_cannot_be_deleted(batched: BatchItem, origin: Origin) -> None:
    department = Department.objects.create(name="Sewer", timezone="America/Chicago")
    copy_with(batched, department=department)
    with pytest.raises(IntegrityError, match="invoices_department"):
        delete(Department.objects.filter(pk=department.pk))
    with pytest.raises(IntegrityError, match="accounting_batch: "):
        delete(Batch.objects.filter(pk=batched.batch_id))
    with pytest.raises(IntegrityError, match="invoices_customer: "):
        delete(Customer.objects.filter(pk=batched.customer_id))
    with pytest.raises(IntegrityError):
        delete(Invoice.objects.filter(number="INV-1"))


@pytest.mark.postgresql
def test_a_department_that_no_item_names_can_be_deleted() -> None:
    Department.objects.create(name="Sewer", timezone="America/Chicago")
    assert Department.objects.filter(name="Sewer").delete()[0] == 1


@pytest.mark.postgresql
def test_a_lost_trigger_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER accounting_batchitem_refers ON accounting_batchitem")
        cursor.execute("DROP TRIGGER invoices_department_kept ON invoices_department")
    found = [one for one in find_breaches() if one.invariant == "frozen_tables_are_guarded"]
    assert [row["trigger"] for breach in found for row in breach.rows] == [
        "accounting_batchitem_refers",
        "invoices_department_kept",
    ]
