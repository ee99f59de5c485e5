"""Check 5: documents sent with a marked name, as it is marked at claim."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounting.batches.warnings.catalogue import under_marked_names
from accounting.models import Batch, ItemWarning, Kind
from accounting.tests.factories import confirm, draft_of, make_ready_batch
from invoices.models import AccountingClass, Item
from invoices.services.catalogue import Entry, mark_entries
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_line,
    make_origin,
)
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def mark(model: type[Entry], name: str, state: str, origin: Origin) -> None:
    mark_entries(model, ids=[model.objects.get(name=name).pk], state=state, origin=origin)


def fives(batch: Batch) -> list[tuple[str, str]]:
    found = ItemWarning.objects.filter(item__batch=batch, check_code="5").order_by("pk")
    return list(found.values_list("item__number", "problem"))


def test_marked_names_warn_and_active_ones_do_not(origin: Origin) -> None:
    make_invoice("1", lines=(make_line(item="Repair"),), origin=origin)
    make_invoice("2", lines=(make_line(item="Visit"), make_line(item="repair")), origin=origin)
    make_invoice("3", lines=(make_line(item="Visit", class_name="Old"),), origin=origin)
    mark(Item, "Repair", "inactive", origin)
    mark(AccountingClass, "Old", "unverified", origin)

    batch = make_ready_batch(origin=origin)

    assert fives(batch) == [
        ("1", "Item “Repair” is marked inactive."),
        ("2", "Item “Repair” is marked inactive."),
        ("3", "Class “Old” is marked unverified."),
    ]


def test_the_mark_counts_as_it_is_at_claim(origin: Origin) -> None:
    make_invoice("1", lines=(make_line(item="Repair"), make_line(item="Visit")), origin=origin)
    mark(Item, "Visit", "inactive", origin)
    draft = draft_of(origin=origin)
    mark(Item, "Visit", "active", origin)
    mark(Item, "Repair", "inactive", origin)

    assert fives(confirm(draft)) == [("1", "Item “Repair” is marked inactive.")]


def test_a_credit_memo_warns_of_what_it_restates(origin: Origin) -> None:
    invoice = make_invoice("1", origin=origin)
    make_ready_batch(origin=origin)
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    mark(Item, "Repair", "inactive", origin)

    batch = make_ready_batch((Kind.CREDIT_MEMO, "CM-1"), origin=origin)

    assert fives(batch) == [("CM-1", "Item “Repair” is marked inactive.")]


def test_it_takes_six_statements_whatever_the_number(
    origin: Origin, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    customer = make_customer(origin=origin)
    for _ in range(5):
        make_invoice(customer=customer, origin=origin)
    draft = draft_of(origin=origin)
    with django_assert_num_queries(2):
        assert list(under_marked_names(draft)) == []

    mark(Item, "Repair", "inactive", origin)
    mark(AccountingClass, "HVAC", "inactive", origin)

    with django_assert_num_queries(6):
        assert len(list(under_marked_names(draft))) == 10
