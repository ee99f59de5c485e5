"""The history of a payment: its revisions, its state, its refunds."""

import dataclasses

import pytest

from accounting.tests.factories import make_ready_batch
from backoffice.tests.timeline.reading import change, entries_of, entry_named, told
from backoffice.timeline.entries import Link, Topic
from invoices.differences import Difference
from invoices.services.invoices import (
    hold_invoice,
)
from invoices.tests.factories import (
    make_invoice,
)
from payments.services.payments import (
    change_payment,
    dispute_payment,
    payment_values,
    reallocate_payment,
    remove_payment,
    restore_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


def test_the_forms_of_a_payment_are_named_by_what_made_them(dana: Origin) -> None:
    invoice = make_invoice("10023", total=50000, origin=dana)
    payment = make_payment("P-1", customer=invoice.customer, amount=20000, origin=dana)
    reallocate_payment(payment=payment, allocations=((invoice, 15000),), reason="On", origin=dana)
    change(invoice, dana, memo="Door code")
    payment.refresh_from_db()
    values = dataclasses.replace(payment_values(payment), reference="4711")
    change_payment(payment=payment, values=values, is_settled=True, reason="Typo", origin=dana)
    changed, repointed, allocated, taken = entries_of(payment)
    assert taken.what == "Taken as a deposit: revision 1"
    assert allocated.what == "Reallocated: revision 2"
    assert allocated.links == [Link("Invoice 10023", f"/invoices/{invoice.pk}/")]
    assert repointed.what == "Updated: revision 3"
    assert repointed.why == "Its invoice was approved."
    assert repointed.differences == [
        Difference("For invoice 10023", "150.00, revision 1", "150.00, revision 2")
    ]
    assert (changed.what, changed.why) == ("Changed: revision 4", "Typo")
    assert told(make_payment(invoice=invoice, amount=100, origin=dana)) == ["Taken: revision 1"]


def test_states_of_a_payment_and_holds_of_its_invoice_are_told(dana: Origin) -> None:
    invoice = make_invoice("10023", origin=dana)
    payment = make_payment(invoice=invoice, amount=5000, is_settled=False, origin=dana)
    hold_invoice(invoice=invoice, note="Complains", origin=dana)
    dispute_payment(payment=payment, note="Chargeback", origin=dana)
    restore_payment(payment=payment, note="Won", origin=dana)
    values = payment_values(payment)
    change_payment(payment=payment, values=values, is_settled=True, reason="Arrived", origin=dana)
    remove_payment(payment=payment, note="Twice", origin=dana)
    assert [(one.what, one.why) for one in entries_of(payment)[:5]] == [
        ("Removed", "Twice"),
        ("Settled", "Arrived"),
        ("Restored", "Won"),
        ("Disputed", "Chargeback"),
        ("Invoice 10023: Do Not Batch", "Complains"),
    ]


def test_refunds_say_how_they_reached_the_books(dana: Origin) -> None:
    payment = make_payment("P-1", amount=15000, origin=dana)
    make_refund("R-1", payment=payment, amount=2000, origin=dana)
    first = make_ready_batch(origin=dana)
    make_refund("R-2", payment=payment, amount=3000, origin=dana)
    second = make_ready_batch(origin=dana)
    make_refund("R-3", payment=payment, amount=100, origin=dana)
    claim = entry_named(payment, f"New payment in batch {first.pk}")
    assert claim.facts == ["Revision 1 was sent.", "Less refund R-1: 20.00."]
    assert claim.amount_cents == 13000
    journal = entry_named(payment, f"Refund journal R-2 in batch {second.pk}")
    assert (journal.amount_cents, journal.facts) == (3000, [])
    refunds = {one.what: one for one in entries_of(payment) if one.topic == Topic.MONEY}
    assert {
        what: (one.facts, [link.url for link in one.links]) for what, one in refunds.items()
    } == {
        "Refund R-1 by card": (["Netted in the payment."], [f"/batches/{first.pk}/"]),
        "Refund R-2 by card": (["Journal entry."], [f"/batches/{second.pk}/"]),
        "Refund R-3 by card": (["Not in the books yet."], []),
    }
