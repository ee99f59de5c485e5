"""Accounting keys: made, given and changed (domain.md §6; feed.md, Rules)."""

import pytest

from invoices.models import Customer
from invoices.services.parties import (
    change_accounting_key,
)
from invoices.signals import accounting_key_changed, customers_changed
from invoices.tests.factories import (
    make_customer,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from sera_batching import audit
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def feed() -> Origin:
    return make_origin(channel="feed", source="march.jsonl:2")


def test_the_key_is_made_from_the_name_with_the_next_free_number(origin: Origin) -> None:
    keys = [make_customer(name="Jane Doe", origin=origin).accounting_key for _ in range(14)]
    assert keys == ["Jane Doe", *(f"Jane Doe {number}" for number in range(2, 15))]
    assert make_customer(name="JANE DOE", origin=origin).accounting_key == "JANE DOE 15"
    assert make_customer(name=" Jane Roe ", origin=origin).accounting_key == "Jane Roe"
    assert make_customer(name="Jane", origin=origin).accounting_key == "Jane"


def test_a_gap_in_the_numbers_is_filled(origin: Origin) -> None:
    first = make_customer(name="Jane Doe", origin=origin)
    make_customer(name="Jane Doe", origin=origin)
    change_accounting_key(customer=first, accounting_key="J. Doe", reason="x", origin=origin)
    assert make_customer(name="Jane Doe", origin=origin).accounting_key == "Jane Doe"
    assert make_customer(name="Jane Doe", origin=origin).accounting_key == "Jane Doe 3"


def test_a_long_name_leaves_room_for_the_number(origin: Origin) -> None:
    name = "x" * 255
    assert make_customer(name=name, origin=origin).accounting_key == name
    assert make_customer(name=name, origin=origin).accounting_key == "x" * 253 + " 2"


def test_an_explicit_key_is_taken_as_it_is(origin: Origin) -> None:
    customer = make_customer("C-1", accounting_key="Doe, Jane", origin=origin)
    assert customer.accounting_key == "Doe, Jane"
    with refused(
        "The accounting key “Doe, Jane” belongs to customer Jane Doe (C-1). "
        "Each customer has its own."
    ):
        make_customer(accounting_key="DOE, JANE", origin=origin)
    with refused("The accounting key is missing."):
        make_customer(accounting_key=" ", origin=origin)
    with refused("The accounting key has 256 characters; the limit is 255."):
        make_customer(accounting_key="x" * 256, origin=origin)


def test_a_key_is_changed_with_a_reason_and_always_on_record(origin: Origin) -> None:
    customer = make_customer("C-1", origin=origin)
    with signals_sent(accounting_key_changed, customers_changed) as sent:
        change_accounting_key(
            customer=customer, accounting_key="Doe, Jane", reason="as in QuickBooks", origin=origin
        )
    assert sent == [
        (
            accounting_key_changed,
            {"customer": customer, "before": "Jane Doe", "origin": origin},
        ),
        (customers_changed, {"customers": [customer], "origin": origin}),
    ]
    customer.refresh_from_db()
    assert customer.accounting_key == "Doe, Jane"
    event = audit.events_of(customer)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "customer.accounting_key_changed",
        {"accounting_key": "Jane Doe"},
        {"accounting_key": "Doe, Jane"},
        "as in QuickBooks",
    )
    with unchanging(), signals_sent(accounting_key_changed) as sent:
        change_accounting_key(
            customer=customer, accounting_key="Doe, Jane", reason="", origin=origin
        )
    assert sent == []
    # Only the case: it is the same customer's key.
    change_accounting_key(customer=customer, accounting_key="doe, jane", reason="x", origin=origin)
    assert Customer.objects.get().accounting_key == "doe, jane"


def test_a_key_is_not_changed_without_reason_or_to_anothers(origin: Origin) -> None:
    make_customer("C-1", accounting_key="Doe, Jane", origin=origin)
    customer = make_customer("C-2", name="Birch LLC", origin=origin)
    with refused("Enter a reason."):
        change_accounting_key(customer=customer, accounting_key="B", reason="", origin=origin)
    with refused(
        "The accounting key “Doe, Jane” belongs to customer Jane Doe (C-1). "
        "Each customer has its own."
    ):
        change_accounting_key(
            customer=customer, accounting_key="doe, jane", reason="x", origin=origin
        )
    assert customer.accounting_key == "Birch LLC"


def test_a_key_that_comes_with_the_feed_is_audited_too(feed: Origin) -> None:
    customer = make_customer("C-1", origin=feed)
    assert AuditEvent.objects.count() == 0
    with signals_sent(accounting_key_changed, customers_changed) as sent:
        make_customer("C-1", accounting_key="Doe, Jane", origin=feed)
    assert [signal for signal, _ in sent] == [accounting_key_changed, customers_changed]
    customer.refresh_from_db()
    assert customer.accounting_key == "Doe, Jane"
    event = AuditEvent.objects.get()
    assert (event.action, event.channel, event.source) == (
        "customer.accounting_key_changed",
        "feed",
        "march.jsonl:2",
    )
    # Left out: the key stays.
    make_customer("C-1", origin=feed)
    assert Customer.objects.get().accounting_key == "Doe, Jane"
