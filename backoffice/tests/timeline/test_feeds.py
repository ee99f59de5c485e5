"""The history includes what a feed did to a document without a new revision (ADR 23)."""

import pytest

from backoffice.tests.timeline.reading import entries_of, told
from feed.tests.feeding import BASE, feed, invoice, invoice_action, payment, payment_action
from invoices.models import Invoice
from payments.models import Payment

pytestmark = pytest.mark.django_db


def test_what_a_feed_did_to_a_state_is_told_with_its_line() -> None:
    feed(*BASE, invoice(), invoice_action("do_not_batch"), invoice_action("resume_batching"))
    feed(invoice_action("void", note="Double"))
    found = entries_of(Invoice.objects.get())[:3]
    assert [(one.what, one.why) for one in found] == [
        ("Voided", "Double"),
        ("Resume Batching", ""),
        ("Do Not Batch", "disputed"),
    ]
    assert all(":" in one.source for one in found)


def test_a_feed_that_settles_or_removes_a_payment_is_told_too() -> None:
    feed(*BASE, invoice(), payment(settled=False))
    feed(payment(settled=True), payment_action("dispute"), payment_action("remove"))
    assert told(Payment.objects.get())[:3] == ["Removed", "Disputed", "Settled"]
