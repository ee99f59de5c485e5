"""Checking the books reads one snapshot and does not block writers."""

from threading import Thread

import pytest
from django.db import connection

from accounting.invariants import find_breaches
from accounting.models import Batch, FollowUp
from accounting.tests.factories import make_batch
from invoices.services.lifecycle import void_invoice
from invoices.tests.factories import make_invoice, make_origin

pytestmark = pytest.mark.django_db(transaction=True)


def mend() -> None:
    """What somebody else does at the same time, on another connection."""
    try:
        FollowUp.objects.update(status=FollowUp.Status.OPEN)
    finally:
        connection.close()


def test_what_is_written_meanwhile_is_neither_kept_back_nor_seen() -> None:
    origin = make_origin()
    invoice = make_invoice(origin=origin)
    batch = make_batch(origin=origin)
    void_invoice(invoice=invoice, note="Never was.", origin=origin)
    Batch.objects.filter(pk=batch.pk).update(document_count=7)
    FollowUp.objects.update(status=FollowUp.Status.SUPERSEDED)
    breaches = find_breaches()
    assert next(breaches).invariant == "batches_count_their_items"
    other = Thread(target=mend)
    other.start()
    other.join()
    assert FollowUp.objects.get().status == "superseded"
    assert [breach.invariant for breach in breaches] == [
        "closed_documents_in_the_books_have_a_follow_up"
    ]
    assert FollowUp.objects.get().status == "open"
    assert [breach.invariant for breach in find_breaches()] == ["batches_count_their_items"]
    assert not connection.in_atomic_block
