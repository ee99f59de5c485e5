"""Voiding, cancelling and holding invoices (domain.md §3, §7); money on them: payments/tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from invoices.models import Invoice
from invoices.services.invoices import (
    cancel_invoice,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.signals import invoice_cancelled, invoice_closing, invoice_voided
from invoices.tests.factories import make_invoice, make_origin
from invoices.tests.signal_log import signals_sent
from sera_batching import audit
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def invoice(origin: Origin) -> Invoice:
    return make_invoice("7", origin=origin)


@contextmanager
def something_objects(message: str) -> Iterator[None]:
    def object_to_closing(**_: Any) -> None:
        raise Refused(message)

    invoice_closing.connect(object_to_closing)
    yield
    invoice_closing.disconnect(object_to_closing)


def test_voiding_is_for_good_and_asks_first(invoice: Invoice, origin: Origin) -> None:
    revision = invoice.current_revision
    with signals_sent(invoice_closing, invoice_voided) as sent:
        void_invoice(invoice=invoice, note="entered twice", origin=origin)
    assert sent == [
        (invoice_closing, {"invoice": invoice, "verb": "voided"}),
        (invoice_voided, {"invoice": invoice, "origin": origin}),
    ]
    invoice.refresh_from_db()
    assert (invoice.status, invoice.current_revision) == ("void", revision)
    event = audit.events_of(invoice)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "invoice.voided",
        {"status": "finalized"},
        {"status": "void"},
        "entered twice",
    )
    with unchanging(), signals_sent(invoice_closing, invoice_voided) as sent:
        void_invoice(invoice=invoice, note="", origin=origin)
    assert sent == []
    with refused("Invoice 7 is permanently void."):
        cancel_invoice(invoice=invoice, reason="x", origin=origin)


def test_only_a_finalized_invoice_is_voided(invoice: Invoice, origin: Origin) -> None:
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    with refused("Invoice 7 is pending: only a finalized invoice can be voided."):
        void_invoice(invoice=invoice, note="x", origin=origin)
    new = make_invoice("8", finalized=False, origin=origin)
    with refused("Invoice 8 is pending: only a finalized invoice can be voided."):
        void_invoice(invoice=new, note="x", origin=origin)
    cancel_invoice(invoice=new, reason="x", origin=origin)
    with refused("Invoice 8 is permanently cancelled."):
        void_invoice(invoice=new, note="x", origin=origin)


@pytest.mark.parametrize("status", ["finalized", "unlocked", "pending"])
def test_cancelling_is_for_good_and_asks_first(status: str, origin: Origin) -> None:
    invoice = make_invoice("9", finalized=status != "pending", origin=origin)
    if status == "unlocked":
        unlock_invoice(invoice=invoice, reason="x", origin=origin)
    before = str(invoice.status)
    with signals_sent(invoice_closing, invoice_cancelled) as sent:
        cancel_invoice(invoice=invoice, reason="customer moved", origin=origin)
    assert sent == [
        (invoice_closing, {"invoice": invoice, "verb": "cancelled"}),
        (invoice_cancelled, {"invoice": invoice, "origin": origin}),
    ]
    invoice.refresh_from_db()
    assert invoice.status == "cancelled"
    event = audit.events_of(invoice)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "invoice.cancelled",
        {"status": before},
        {"status": "cancelled"},
        "customer moved",
    )
    with unchanging(), signals_sent(invoice_closing, invoice_cancelled) as sent:
        cancel_invoice(invoice=invoice, reason="", origin=origin)
    assert sent == []


def test_an_objection_keeps_the_invoice_open(invoice: Invoice, origin: Origin) -> None:
    with something_objects("There is money on it."):
        with refused("There is money on it."):
            void_invoice(invoice=invoice, note="x", origin=origin)
        with refused("There is money on it."):
            cancel_invoice(invoice=invoice, reason="x", origin=origin)


def test_do_not_batch_and_resume(invoice: Invoice, origin: Origin) -> None:
    hold_invoice(invoice=invoice, note="disputed", origin=origin)
    invoice.refresh_from_db()
    assert (invoice.is_on_hold, invoice.hold_note, invoice.status) == (
        True,
        "disputed",
        "finalized",
    )
    event = audit.events_of(invoice)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "invoice.held",
        {"is_on_hold": False, "hold_note": ""},
        {"is_on_hold": True, "hold_note": "disputed"},
        "disputed",
    )
    with unchanging():
        hold_invoice(invoice=invoice, note="again", origin=origin)

    resume_invoice(invoice=invoice, origin=origin)
    invoice.refresh_from_db()
    assert (invoice.is_on_hold, invoice.hold_note) == (False, "")
    event = audit.events_of(invoice)[0]
    assert (event.action, event.before, event.after) == (
        "invoice.resumed",
        {"is_on_hold": True, "hold_note": "disputed"},
        {"is_on_hold": False, "hold_note": ""},
    )
    with unchanging():
        resume_invoice(invoice=invoice, origin=origin)


def test_a_closed_invoice_is_not_held_but_can_be_resumed(origin: Origin) -> None:
    void = make_invoice("10", origin=origin)
    void_invoice(invoice=void, note="x", origin=origin)
    with refused("Invoice 10 is permanently void."):
        hold_invoice(invoice=void, note="x", origin=origin)
    with unchanging():
        resume_invoice(invoice=void, origin=origin)
    held = make_invoice("11", origin=origin)
    hold_invoice(invoice=held, note="x", origin=origin)
    cancel_invoice(invoice=held, reason="x", origin=origin)
    resume_invoice(invoice=held, origin=origin)
    held.refresh_from_db()
    assert (held.status, held.is_on_hold) == ("cancelled", False)


def test_people_say_why_and_the_feed_need_not(invoice: Invoice, origin: Origin) -> None:
    message = "Enter a reason."
    with refused(message):
        void_invoice(invoice=invoice, note="", origin=origin)
    with refused(message):
        cancel_invoice(invoice=invoice, reason=" ", origin=origin)
    with refused(message):
        hold_invoice(invoice=invoice, note="\n", origin=origin)
    feed = Origin(user=origin.user, channel="feed", source="march.jsonl:7")
    hold_invoice(invoice=invoice, note="", origin=feed)
    resume_invoice(invoice=invoice, origin=feed)
    void_invoice(invoice=invoice, note="", origin=feed)
    assert invoice.status == "void"
    events = AuditEvent.objects.filter(channel="feed").order_by("pk")
    assert list(events.values_list("action", "source", "note")) == [
        ("invoice.held", "march.jsonl:7", ""),
        ("invoice.resumed", "march.jsonl:7", ""),
        ("invoice.voided", "march.jsonl:7", ""),
    ]


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_only_admins_close_and_hold(role: str, invoice: Invoice) -> None:
    origin = make_origin(role)
    needs = (
        f"{origin.user} isn't allowed to do this (it requires invoices.{{}}). "
        "Ask your company's admin."
    )
    with refused(needs.format("void_invoice"), error=NotAllowed):
        void_invoice(invoice=invoice, note="x", origin=origin)
    with refused(needs.format("cancel_invoice"), error=NotAllowed):
        cancel_invoice(invoice=invoice, reason="x", origin=origin)
    with refused(needs.format("hold_invoice"), error=NotAllowed):
        hold_invoice(invoice=invoice, note="x", origin=origin)
    with refused(needs.format("hold_invoice"), error=NotAllowed):
        resume_invoice(invoice=invoice, origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        unlock_invoice(invoice=invoice, reason="x", origin=origin)
