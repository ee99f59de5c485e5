"""For any history: who may follow which link, how much is shown, and how fast."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.tests.factories import make_ready_batch
from backoffice.tests.timeline.reading import change, entries_of, entry_named
from backoffice.timeline.documents import timeline_of_invoice
from backoffice.timeline.entries import NEWEST
from invoices.differences import Difference
from invoices.models import Invoice
from invoices.services.invoices import (
    hold_invoice,
    resume_invoice,
)
from invoices.tests.factories import (
    make_credit_memo,
    make_invoice,
    make_line,
    make_user,
)
from payments.models import Payment
from payments.services.payments import (
    dispute_payment,
    remove_payment,
    restore_payment,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import User
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


def test_links_lead_only_where_the_reader_may_go(dana: Origin) -> None:
    invoice = make_invoice("10023", origin=dana)
    make_payment("P-1", invoice=invoice, amount=5000, origin=dana)
    batch = make_ready_batch(origin=dana)
    void_payment = Payment.objects.get()
    remove_payment(payment=void_payment, note="Twice", origin=dana)
    nobody = make_user("")
    assert all(not link.url for entry in entries_of(invoice, nobody) for link in entry.links)
    assert entry_named(invoice, f"New invoice in batch {batch.pk}", nobody).rows_url == ""
    what = "To fix in QuickBooks: payment removed"
    assert entry_named(void_payment, what, make_user("Office")).links == []
    (link,) = entry_named(void_payment, what, make_user("Accountant")).links
    assert link.url.startswith("/follow-ups/?status=open&q=")


def make_much(invoice: Invoice, payment: Payment, origin: Origin, rounds: int) -> None:
    for number in range(rounds):
        change(invoice, origin, lines=(make_line(50000), *(make_line(0),) * number))
        make_ready_batch(origin=origin)
        hold_invoice(invoice=invoice, note="x", origin=origin)
        resume_invoice(invoice=invoice, origin=origin)
        dispute_payment(payment=payment, note="x", origin=origin)
        restore_payment(payment=payment, note="x", origin=origin)
        make_refund(payment=payment, amount=10, origin=origin)
        make_credit_memo(invoice=invoice, origin=origin)


def statements(document: Invoice | Payment, reader: User) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert entries_of(document, reader)
    return len(queries) - 2  # Minus those that read the document and its customer again.


def test_a_longer_story_takes_no_more_statements(dana: Origin) -> None:
    invoice = make_invoice(total=50000, origin=dana)
    payment = make_payment(invoice=invoice, amount=20000, origin=dana)
    reader = make_user("Accountant")
    assert reader.get_all_permissions()
    for _ in range(2):
        make_much(invoice, payment, dana, 2)
        assert (statements(invoice, reader), statements(payment, reader)) == (17, 17)


def test_of_a_long_story_the_newest_entries_are_told_and_all_on_demand(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    for number in range(NEWEST + 5):
        change(invoice, dana, reason=f"Change {number}", memo=str(number))
    invoice.refresh_from_db()
    story = timeline_of_invoice(invoice, dana.user)
    assert story.has_more
    assert [one.why for one in story.entries] == [f"Change {n}" for n in range(54, 4, -1)]
    assert story.entries[-1].differences == [Difference("Memo", "4", "5")]
    whole = timeline_of_invoice(invoice, dana.user, newest=None)
    assert not whole.has_more
    assert [one.what for one in whole.entries[-2:]] == ["Approved: revision 1", "Entered"]
    assert len(whole.entries) == NEWEST + 7


def test_entries_of_every_source_are_in_the_order_of_their_time(dana: Origin) -> None:
    invoice = make_invoice(total=50000, origin=dana)
    payment = make_payment(invoice=invoice, amount=20000, origin=dana)
    make_much(invoice, payment, dana, 3)
    for document in (invoice, payment):
        moments = [one.at for one in entries_of(document)]
        assert moments == sorted(moments, reverse=True)
