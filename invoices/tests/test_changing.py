"""Changing and unlocking invoices, and credit memos: each rule, refusal and repetition."""

import datetime
from dataclasses import replace

import pytest

from invoices.models import CreditMemo, Invoice, InvoiceRevision
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    change_invoice,
    edit_draft,
    unlock_invoice,
    values_of,
    void_invoice,
)
from invoices.signals import credit_memo_recorded, invoices_frozen
from invoices.tests.factories import (
    make_credit_memo,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from sera_batching import audit
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def feed() -> Origin:
    return make_origin(channel="feed", source="march.jsonl:12")


def current(invoice: Invoice) -> InvoiceRevision:
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    return invoice.current_revision


def test_a_change_is_the_next_revision_and_the_last_one_stays(origin: Origin) -> None:
    invoice = make_invoice(total=15000, origin=origin)
    first = current(invoice)
    values = make_invoice_values(20000, memo="more work")
    with signals_sent(invoices_frozen) as sent:
        revision = change_invoice(
            invoice=invoice, values=values, reason="more work", origin=origin, fed_digest="d4"
        )
    assert sent == [
        (invoices_frozen, {"revisions": [revision], "contents": [values], "origin": origin})
    ]
    assert current(invoice) == revision
    assert (revision.sequence, revision.total_cents, revision.reason) == (2, 20000, "more work")
    assert (invoice.status, invoice.fed_digest) == ("finalized", "d4")
    first.refresh_from_db()
    assert (first.sequence, first.total_cents) == (1, 15000)
    event = audit.events_of(invoice)[0]
    assert (event.action, event.note) == ("invoice.changed", "more work")
    assert (event.before["total_cents"], event.after["total_cents"]) == (15000, 20000)
    assert (event.before["revision"], event.after["revision"]) == (1, 2)
    with unchanging():
        again = change_invoice(invoice=invoice, values=values, reason="", origin=origin)
    assert again == revision


def test_an_equal_record_is_remembered_without_a_revision(feed: Origin) -> None:
    invoice = make_invoice(total=15000, origin=feed)
    values = replace(make_invoice_values(15000), tax_rate=None)
    change_invoice(invoice=invoice, values=values, reason="", origin=feed, fed_digest="d5")
    assert current(invoice).sequence == 1
    assert invoice.fed_digest == "d5"


def test_edited_back_has_the_fingerprint_of_before(origin: Origin) -> None:
    invoice = make_invoice(total=15000, origin=origin)
    before = current(invoice).fingerprint
    change_invoice(invoice=invoice, values=make_invoice_values(1), reason="oops", origin=origin)
    assert current(invoice).fingerprint != before
    change_invoice(invoice=invoice, values=make_invoice_values(15000), reason="back", origin=origin)
    assert (current(invoice).sequence, current(invoice).fingerprint) == (3, before)


def test_a_change_needs_a_reason_and_a_finalized_invoice(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    with refused("Enter a reason."):
        change_invoice(invoice=invoice, values=make_invoice_values(1), reason="", origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    with refused("Invoice 7 is not finalized: edit and approve its draft."):
        change_invoice(invoice=invoice, values=make_invoice_values(1), reason="x", origin=origin)


@pytest.mark.parametrize(("close", "state"), [("void", "void"), ("cancel", "cancelled")])
def test_a_closed_invoice_never_changes(close: str, state: str, origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    if close == "void":
        void_invoice(invoice=invoice, note="x", origin=origin)
    else:
        cancel_invoice(invoice=invoice, reason="x", origin=origin)
    message = f"Invoice 7 is permanently {state}."
    values = make_invoice_values(1)
    with refused(message):
        change_invoice(invoice=invoice, values=values, reason="x", origin=origin)
    with refused(message):
        change_date(invoice=invoice, date=datetime.date(2026, 1, 1), reason="x", origin=origin)
    with refused(message):
        edit_draft(invoice=invoice, values=values, origin=origin)
    with refused(message):
        approve_invoice(invoice=invoice, reason="x", origin=origin)
    with refused(message):
        unlock_invoice(invoice=invoice, reason="x", origin=origin)


def test_the_date_is_changed_by_a_revision(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    revision = change_date(
        invoice=invoice, date=datetime.date(2026, 10, 30), reason="closed", origin=origin
    )
    assert current(invoice) == revision
    assert (revision.sequence, revision.date, revision.due_date) == (
        2,
        datetime.date(2026, 10, 30),
        datetime.date(2026, 11, 29),
    )
    event = audit.events_of(invoice)[0]
    assert (event.action, event.note) == ("invoice.dated", "closed")
    assert event.before == {"date": "2026-11-02", "due_date": "2026-12-02", "revision": 1}
    assert event.after == {"date": "2026-10-30", "due_date": "2026-11-29", "revision": 2}
    with unchanging():
        change_date(invoice=invoice, date=revision.date, reason="", origin=origin)
    with refused("Enter a reason."):
        change_date(invoice=invoice, date=datetime.date(2026, 1, 1), reason="", origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    with refused("Invoice 7 is not finalized: edit and approve its draft."):
        change_date(invoice=invoice, date=datetime.date(2026, 1, 1), reason="x", origin=origin)


# Unlocking


def test_unlocking_copies_the_revision_into_a_draft(origin: Origin) -> None:
    invoice = make_invoice(total=15000, memo="Gate code 12", origin=origin)
    revision = current(invoice)
    unlock_invoice(invoice=invoice, reason="wrong part", origin=origin, fed_digest="d6")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.current_revision, invoice.fed_digest) == (
        "pending",
        revision,
        "d6",
    )
    assert invoice.is_unlocked
    assert values_of(invoice.draft) == values_of(revision)
    event = audit.events_of(invoice)[0]
    assert (event.action, event.before, event.after, event.note) == (
        "invoice.unlocked",
        {"status": "finalized"},
        {"status": "pending"},
        "wrong part",
    )
    with unchanging():
        unlock_invoice(invoice=invoice, reason="again", origin=origin)


def test_unlocked_and_approved_again_is_the_next_revision_of_the_same_content(
    origin: Origin,
) -> None:
    invoice = make_invoice(origin=origin)
    first = current(invoice)
    unlock_invoice(invoice=invoice, reason="a look", origin=origin)
    approve_invoice(invoice=invoice, reason="fine", origin=origin)
    second = current(invoice)
    assert (second.sequence, second.fingerprint) == (2, first.fingerprint)


def test_unlocking_needs_a_reason(origin: Origin) -> None:
    invoice = make_invoice(origin=origin)
    with refused("Enter a reason."):
        unlock_invoice(invoice=invoice, reason="", origin=origin)


# Credit memos


def test_a_credit_memo_is_recorded_once(origin: Origin) -> None:
    invoice = make_invoice("10001", origin=origin)
    with signals_sent(credit_memo_recorded) as sent:
        credit_memo = make_credit_memo("CM-7", invoice=invoice, origin=origin)
    assert sent == [(credit_memo_recorded, {"credit_memo": credit_memo, "origin": origin})]
    credit_memo.refresh_from_db()
    assert (credit_memo.number, credit_memo.invoice, credit_memo.date) == (
        "CM-7",
        invoice,
        datetime.date(2026, 11, 10),
    )
    event = audit.events_of(credit_memo).get()
    assert (event.action, event.after) == (
        "credit_memo.recorded",
        {"invoice": "10001", "date": "2026-11-10"},
    )
    with refused("Credit memo CM-7 already exists."):
        make_credit_memo("CM-7", invoice=invoice, origin=origin)
    with refused("Credit memo CM-7 already exists, and cm-7 differs from it only in case."):
        make_credit_memo("cm-7", invoice=invoice, origin=origin)
    assert CreditMemo.objects.count() == 1
