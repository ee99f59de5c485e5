"""Batches in a document's history: claimed, undone, and their follow-ups."""

import pytest

from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import release_batch, undo_batch
from accounting.follow_ups.close import close_follow_up, reopen_follow_up
from accounting.models import Batch, BatchFile, FollowUp
from accounting.tests.factories import make_batch, make_failed_batch, make_ready_batch
from accounting.zips.build import retry_batch
from accounting.zips.downloads import mark_loaded, open_zip
from backoffice.tests.timeline.reading import change, entries_of, entry_named, told
from backoffice.timeline.entries import Link, Topic
from invoices.services.invoices import (
    void_invoice,
)
from invoices.tests.factories import (
    make_credit_memo,
    make_invoice,
)
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


def test_a_batch_is_told_from_its_claim_to_its_undo(dana: Origin) -> None:
    invoice = make_invoice("10023", total=15000, origin=dana)
    batch = make_batch(name="November", origin=dana)
    open_zip(batch=batch, origin=dana).close()
    for number in (1, 3):
        mark_loaded(
            file=BatchFile.objects.get(batch=batch, number=number), is_loaded=True, origin=dana
        )
    undo_batch(batch_id=batch.pk, reason="Wrong month", origin=dana)
    entries = entries_of(invoice)
    told_of = f"Batch {batch.pk}"
    # The zip was downloaded, so what to reverse is part of the history of each of its documents.
    assert [(one.what, one.who, one.why) for one in entries[:2]] == [
        (f"{told_of}: undone", "dana", "Wrong month"),
        ("To fix in QuickBooks: downloaded batch undone", "", ""),
    ]
    assert [(one.what, one.who, one.facts) for one in entries[2:6]] == [
        (f"{told_of}: marked as loaded", "dana", ["1 Invoice Inserts.xlsx."]),
        (f"{told_of}: downloaded", "dana", []),
        (f"{told_of}: files stored", "", []),
        (f"New invoice in batch {batch.pk}", "dana", ["Revision 1 was sent."]),
    ]
    assert entries[0].topic == Topic.UNDO
    claim = entries[5]
    assert claim.is_taken_back
    assert claim.amount_cents == 15000
    assert claim.links == [Link(f"Batch {batch.pk}: November.zip", f"/batches/{batch.pk}/")]
    item = batch.items.get()
    assert claim.rows_url == f"/batches/{batch.pk}/documents/{item.pk}/"


def test_a_failed_batch_is_told_with_its_retry_or_release(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    batch = make_failed_batch(origin=dana)
    retry_batch(batch_id=batch.pk, origin=dana)
    assert told(invoice)[0] == f"Batch {batch.pk}: queued again"
    Batch.objects.filter(pk=batch.pk).update(status="failed")
    release_batch(batch_id=batch.pk, reason="No disk", origin=dana)
    released = entries_of(invoice)[0]
    assert (released.what, released.why) == (f"Batch {batch.pk}: released", "No disk")
    assert released.topic == Topic.UNDO


def test_batches_undone_together_name_the_one_it_was_about(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    first = make_ready_batch(origin=dana)
    change(invoice, dana, memo="once")
    second = make_ready_batch(origin=dana)
    undo_batch(batch_id=first.pk, reason="x", origin=dana, with_dependents=True)
    assert told(invoice)[:2] == [f"Batch {first.pk}: undone", f"Batch {second.pk}: undone"]
    assert entries_of(invoice)[1].facts == [f"Together with batch {first.pk}."]


def test_an_update_and_a_credit_memo_are_told_as_such(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    make_ready_batch(origin=dana)
    change(invoice, dana, memo="once")
    make_credit_memo("CM-7", invoice=invoice, origin=dana)
    batch = make_ready_batch(origin=dana)
    found = {one.what: one for one in entries_of(invoice)}
    assert found[f"Changed invoice in batch {batch.pk}"].facts == ["Revision 2 was sent."]
    assert found[f"Credit memo CM-7 in batch {batch.pk}"].facts == ["Revision 1 was restated."]
    assert found["Credit memo CM-7 recorded"].who == "dana"


def test_the_opening_batch_says_that_the_books_had_it_before(dana: Origin) -> None:
    invoice = make_invoice(origin=dana)
    put_in_opening_batch(document=invoice, origin=dana)
    claim = entry_named(invoice, "New invoice in the Opening batch")
    assert claim.facts == ["It was in the books before this application was used."]
    assert [one.label for one in claim.links] == ["Opening batch"]
    assert claim.rows_url == ""


def test_follow_ups_are_told_from_raised_to_done_and_back(dana: Origin) -> None:
    invoice = make_invoice("10023", total=15000, origin=dana)
    batch = make_ready_batch(origin=dana)
    void_invoice(invoice=invoice, note="Double", origin=dana)
    follow_up = FollowUp.objects.get()
    close_follow_up(follow_up=follow_up, note="Voided there", origin=dana)
    reopen_follow_up(follow_up=follow_up, origin=dana)
    reopened, closed, *rest = entries_of(invoice)
    raised = next(one for one in rest if one.what.startswith("To fix"))
    assert reopened.what == "Reopened: invoice voided"
    assert (closed.what, closed.who, closed.why) == (
        "Done in QuickBooks: invoice voided",
        "dana",
        "Voided there",
    )
    assert raised.what == "To fix in QuickBooks: invoice voided"
    assert raised.amount_cents == 15000
    assert raised.facts == [follow_up.problem, follow_up.remedy]
    undo_batch(batch_id=batch.pk, reason="x", origin=dana)
    superseded = entry_named(invoice, "No longer needed: invoice voided")
    assert (superseded.who, superseded.why) == ("dana", f"Batch {batch.pk} was undone.")
