"""The history of an invoice: content, state, money, customer."""

import datetime

import pytest

from accounting.tests.factories import make_ready_batch
from backoffice.tests.timeline.reading import change, entries_of, told
from backoffice.timeline.entries import Link, Topic
from invoices.differences import Difference
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    edit_draft,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.merging import merge_customers
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.services.payments import (
    reallocate_payment,
    remove_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


def test_an_invoice_begins_with_being_entered_and_approved(dana: Origin) -> None:
    invoice = make_invoice(total=15000, origin=dana)
    approved, entered = entries_of(invoice)
    assert (entered.at, entered.what, entered.who) == (invoice.created_at, "Entered", "dana")
    assert invoice.current_revision
    assert (approved.at, approved.what) == (
        invoice.current_revision.frozen_at,
        "Approved: revision 1",
    )
    assert (approved.who, approved.why, approved.amount_cents) == ("dana", "Work completed.", 15000)


def test_what_a_feed_brought_says_so_and_from_which_line() -> None:
    feed = make_origin(channel="feed", source="march.jsonl:12")
    approved, entered = entries_of(make_invoice(origin=feed))
    assert (entered.who, entered.facts) == ("", ["Imported."])
    assert approved.source == "march.jsonl:12"


def test_editing_an_invoice_is_told_step_by_step(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    unlock_invoice(invoice=invoice, reason="Wrong part", origin=dana)
    edit_draft(invoice=invoice, values=make_invoice_values(16000), origin=dana)
    approve_invoice(invoice=invoice, reason="Right part", origin=dana)
    again, edited, unlocked = entries_of(invoice)[:3]
    assert again.what == "Changed and approved again: revision 2"
    assert (again.why, again.amount_cents) == ("Right part", 16000)
    assert [one.label for one in again.differences] == ["Line 1", "Subtotal", "Total"]
    assert (edited.what, edited.topic) == ("Draft edited", Topic.CONTENT)
    assert (unlocked.what, unlocked.why) == ("Unlocked for editing", "Wrong part")


def test_an_approval_that_changed_nothing_and_a_new_date_are_named_so(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    unlock_invoice(invoice=invoice, reason="x", origin=dana)
    approve_invoice(invoice=invoice, reason="x", origin=dana)
    change_date(invoice=invoice, date=datetime.date(2026, 11, 20), reason="x", origin=dana)
    dated, unchanged = entries_of(invoice)[:2]
    assert dated.what == "Date changed: revision 3"
    assert [one.label for one in dated.differences] == ["Date", "Due date"]
    assert unchanged.what == "Approved again, unchanged: revision 2"


def test_holds_and_ends_are_told_with_their_reasons(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    hold_invoice(invoice=invoice, note="Complains", origin=dana)
    resume_invoice(invoice=invoice, origin=dana)
    void_invoice(invoice=invoice, note="Double", origin=dana)
    assert [(one.what, one.why, one.who) for one in entries_of(invoice)[:3]] == [
        ("Voided", "Double", "dana"),
        ("Resume Batching", "", "dana"),
        ("Do Not Batch", "Complains", "dana"),
    ]
    other = make_invoice(origin=dana)
    cancel_invoice(invoice=other, reason="Never came", origin=dana)
    assert entries_of(other)[0].what == "Cancelled"


def test_money_on_an_invoice_is_told_payment_by_payment(dana: Origin) -> None:
    invoice = make_invoice(total=50000, origin=dana)
    paid = make_payment("P-1", invoice=invoice, amount=10000, origin=dana)
    deposit = make_payment("P-2", customer=invoice.customer, amount=20000, origin=dana)
    for cents in (20000, 5000, 0):
        allocations = ((invoice, cents),) if cents else ()
        reallocate_payment(payment=deposit, allocations=allocations, reason="x", origin=dana)
    refund = make_refund("R-1", payment=paid, amount=2000, origin=dana)
    # A new revision of the invoice updates its payments, but is no new money.
    change(invoice, dana, memo="Door code")
    remove_payment(payment=deposit, note="Twice", origin=dana)
    found = [one for one in entries_of(invoice) if one.topic in (Topic.MONEY, Topic.STATE)]
    assert [(one.what, one.amount_cents, one.why, one.facts) for one in found] == [
        ("Payment P-2 removed", None, "Twice", ()),
        ("Refund R-1 of payment P-1 by card", 2000, "goodwill", ["Not in the books yet."]),
        ("Payment P-2 removed from this invoice", 0, "x", ["It was 50.00."]),
        ("Payment P-2 reallocated", 5000, "x", ["Previously 200.00 for this invoice."]),
        ("Payment P-2 applied to this invoice", 20000, "x", []),
        ("Payment P-1 taken", 10000, "", []),
        ("Entered", None, "", []),
    ]
    assert found[1].links == [Link("Payment P-1", f"/payments/{refund.payment_id}/")]


def test_the_customer_is_followed_through_key_changes_and_merges(dana: Origin) -> None:
    first, second, third = (make_customer(name, name=name, origin=dana) for name in "ABC")
    change_accounting_key(customer=first, accounting_key="Before", reason="x", origin=dana)
    invoice = make_invoice(customer=first, origin=dana)
    make_ready_batch(origin=dana)
    change_accounting_key(customer=first, accounting_key="Own", reason="Typo", origin=dana)
    change_accounting_key(customer=second, accounting_key="Alien", reason="x", origin=dana)
    merge_customers(vanishing=first, survivor=second, reason="One family", origin=dana)
    change_accounting_key(customer=second, accounting_key="Both", reason="Married", origin=dana)
    merge_customers(vanishing=second, survivor=third, reason="One firm", origin=dana)
    found = [one for one in entries_of(invoice) if one.topic == Topic.CUSTOMER]
    assert [(one.what, one.why, one.differences) for one in found] == [
        ("Customer merged into C", "One firm", [Difference("In QuickBooks", "Both", "C")]),
        ("Accounting key changed", "Married", [Difference("In QuickBooks", "Alien", "Both")]),
        ("Customer merged into B", "One family", [Difference("In QuickBooks", "Own", "Alien")]),
        ("Accounting key changed", "Typo", [Difference("In QuickBooks", "Before", "Own")]),
    ]
    assert found[0].links == [Link("Customer C", f"/customers/{third.pk}/")]
    assert "To fix in QuickBooks: customers merged" in told(invoice)
