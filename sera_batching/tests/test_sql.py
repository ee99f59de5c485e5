"""Rows written in bulk are stored unchanged, with keys, and no constraint is bypassed."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from invoices.models import Invoice, InvoiceLine
from invoices.tests.factories import make_customer, make_invoice
from sera_batching.database import sql
from sera_batching.database.sql import (
    insert_objects,
    insert_rows,
    refresh_outgrown_statistics,
    refresh_statistics,
)

pytestmark = pytest.mark.django_db

NASTY = (
    "a\tb",
    "line\nbreak",
    "carriage\rreturn",
    "back\\slash",
    "\\N",
    "\\.",
    "\\t",
    "",
    " blank ",
    "'quoted' \"twice\"",
    "=1+1",
    "{1,2}",
    "NULL",
    "žluťoučký 😀 \u202e",
)


def test_every_text_comes_back_as_it_is() -> None:
    customer = make_customer()
    written = insert_objects(
        Invoice(number=f"N-{index}", customer=customer, hold_note=text, fed_digest="d")
        for index, text in enumerate(NASTY)
    )
    found = Invoice.objects.order_by("pk").values_list("pk", "hold_note")
    assert list(found) == [(one.pk, text) for one, text in zip(written, NASTY, strict=True)]


def test_an_inserted_object_is_as_if_saved() -> None:
    (invoice,) = insert_objects([Invoice(number="7", customer=make_customer())])
    assert not invoice._state.adding
    stored = Invoice.objects.get(pk=invoice.pk)
    assert (stored.number, stored.status, stored.is_on_hold) == ("7", "pending", False)
    assert stored.created_at == invoice.created_at
    assert Invoice.objects.create(number="8", customer=invoice.customer).pk > invoice.pk


def test_values_of_every_kind_come_back_as_they_are() -> None:
    revision = make_invoice("7").current_revision
    assert revision is not None
    names = ("revision_id", "position", "item", "quantity", "rate", "amount_cents", "service_date")
    day = datetime.date(2026, 2, 28)
    insert_rows(
        InvoiceLine,
        (*names, "is_taxable", "description", "class_name"),
        [
            (revision.pk, 8, "Labor", Decimal("1.5"), Decimal("-0.000001"), -5, day, True, "", ""),
            (revision.pk, 9, "Parts", Decimal("1E+3"), Decimal(0), 10**12, None, False, "\\N", ""),
        ],
    )
    found = InvoiceLine.objects.filter(position__gte=8).order_by("position")
    assert list(found.values_list(*names[1:], "is_taxable", "description")) == [
        (8, "Labor", Decimal("1.5"), Decimal("-0.000001"), -5, day, True, ""),
        (9, "Parts", Decimal(1000), Decimal(0), 10**12, None, False, "\\N"),
    ]


def test_a_constraint_refuses_them_all() -> None:
    customer = make_customer()
    Invoice.objects.create(number="A-1", customer=customer)
    new = [Invoice(number=number, customer=customer) for number in ("A-2", "a-1")]
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        insert_objects(new)
    assert [invoice.number for invoice in Invoice.objects.all()] == ["A-1"]


def test_nothing_to_insert_is_no_statement(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        assert insert_objects([]) == []


def _known_of(model: type[Model]) -> tuple[int, int, int]:
    """The rows and pages that the planner assumes, and the actual pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples, relpages, pg_relation_size(oid) / current_setting('block_size')::int"
            " FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        rows, known, pages = cursor.fetchone()
    return int(rows), known, pages


@pytest.mark.postgresql
def test_the_planner_is_told_of_tables_that_have_outgrown_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = make_customer()
    refresh_statistics(Invoice)
    insert_objects(Invoice(number=f"N-{index}", customer=customer) for index in range(500))
    _, known, pages = _known_of(Invoice)
    few = pages - 2 * known
    monkeypatch.setattr(sql, "FEW_PAGES", few)
    refresh_outgrown_statistics([Invoice, InvoiceLine])
    assert _known_of(Invoice) == (0, known, pages)
    monkeypatch.setattr(sql, "FEW_PAGES", few - 1)
    refresh_outgrown_statistics([Invoice, InvoiceLine])
    assert _known_of(Invoice) == (500, pages, pages)
