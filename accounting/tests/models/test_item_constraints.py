"""Database constraints: no document is newest, or live, in two batches (domain.md §2)."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounting.models import BatchItem
from accounting.tests.factories import make_batch
from accounting.tests.scenes import make_every_kind
from invoices.tests.factories import make_origin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("item_newest_of_invoice", "invoice_id"),
        ("item_newest_of_payment", "payment_id"),
        ("item_one_live_insert_of_invoice", "invoice_id"),
        ("item_one_live_insert_of_payment", "payment_id"),
        ("item_one_live_successor", "previous_id"),
        ("item_one_live_of_invoice_revision", "invoice_revision_id"),
        ("item_one_live_of_refund", "refund_id"),
        ("item_one_live_of_credit_memo", "credit_memo_id"),
    ],
)
def test_the_database_has_the_constraint(name: str, column: str) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, BatchItem._meta.db_table)
    assert (found[name]["unique"], found[name]["columns"]) == (True, [column])


def test_no_document_can_be_put_in_a_second_live_batch() -> None:
    origin = make_origin()
    make_every_kind(origin)
    batch = make_batch(is_built=False, origin=origin)
    make_every_kind(origin, prefix="other-")
    other = make_batch(is_built=False, origin=origin)
    items = list(batch.items.order_by("pk"))
    assert len({item.kind for item in items}) == 6
    for item in items:
        item.pk = None
        item.batch = other
        item.position += 100
        with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
            BatchItem.objects.bulk_create([item])
