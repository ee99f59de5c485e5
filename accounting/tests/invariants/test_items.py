"""Broken items are found: each test breaks one thing, and exactly its invariants fail."""

import pytest
from django.db import connection

from accounting.invariants import find_breaches
from accounting.tests.invariants.books import Books, breached, drop_constraint, item, tamper

pytestmark = pytest.mark.django_db


def test_a_live_item_of_an_undone_batch(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET is_live = %s WHERE batch_id = %s", True, books.undone.pk
    )
    assert breached() == {
        "items_are_live_with_their_batch",
        "live_items_form_a_chain",
        "unbatched_invoices_are_those_due",
    }


def test_a_dead_item_of_a_live_batch(books: Books) -> None:
    dead = item("CM-1", books.second)
    change = "UPDATE accounting_batchitem SET is_live = %s, is_newest = %s WHERE id = %s"
    tamper(change, False, False, dead.pk)
    (breach,) = find_breaches()
    assert breach.invariant == "items_are_live_with_their_batch"
    assert breach.message == (
        f"Credit memo CM-1 in batch {books.second.pk} is not live; its batch is ready."
    )
    assert breach.rows == (
        {
            "table": "accounting_batchitem",
            "id": dead.pk,
            "batch_id": books.second.pk,
            "kind": "credit_memo",
            "number": "CM-1",
            "previous_id": None,
            "is_live": False,
            "is_newest": False,
        },
    )


def test_a_refund_use_that_is_not_live_with_its_item(books: Books) -> None:
    tamper("UPDATE accounting_refunduse SET is_live = %s WHERE use = 'netted'", False)
    assert breached() == {"refund_uses_are_live_with_their_item", "updates_restate_what_was_netted"}


# Chains


@pytest.mark.parametrize(
    ("number", "unbatched"),
    [
        (
            "2",
            {"unbatched_invoices_are_those_due", "unbatched_credit_memos_are_those_due"},
        ),
        ("P-1", {"unbatched_payments_are_those_due", "unbatched_refunds_are_those_due"}),
    ],
)
def test_a_document_without_a_newest_item(books: Books, number: str, unbatched: set[str]) -> None:
    tamper(
        "UPDATE accounting_batchitem SET is_newest = %s WHERE number = %s AND batch_id = %s",
        False,
        number,
        books.second.pk,
    )
    assert breached() == {"live_items_form_a_chain", *unbatched}


def test_two_newest_items_of_a_payment(books: Books) -> None:
    drop_constraint("item_newest_of_payment")
    tamper(
        "UPDATE accounting_batchitem SET is_newest = %s WHERE id = %s",
        True,
        item("P-5", books.first).pk,
    )
    found = [one for one in find_breaches() if one.invariant == "live_items_form_a_chain"]
    assert len(found) == 1
    assert found[0].message == (
        "The live items of payment P-5 do not form a chain: the last one, and no other, is "
        "not marked as the newest."
    )
    assert [row["batch_id"] for row in found[0].rows] == [books.first.pk, books.third.pk]


def test_a_second_insert_of_an_invoice(books: Books) -> None:
    drop_constraint("item_one_live_insert_of_invoice")
    tamper(
        "UPDATE accounting_batchitem SET kind = 'invoice_insert', previous_id = NULL WHERE id = %s",
        item("1", books.second).pk,
    )
    found = [one for one in find_breaches() if one.invariant == "live_items_form_a_chain"]
    assert len(found) == 1
    assert found[0].message == (
        "The live items of invoice 1 do not form a chain: there is a second insert, one does "
        "not follow the one before it."
    )


def test_an_update_that_follows_the_wrong_item(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET previous_id = %s WHERE id = %s",
        item("P-8", books.second).pk,
        item("P-5", books.third).pk,
    )
    assert breached() == {"live_items_form_a_chain", "no_revision_is_live_twice"}


def test_a_chain_whose_insert_is_gone(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET is_live = %s WHERE id = %s",
        False,
        item("P-2", books.first).pk,
    )
    assert breached() == {
        "items_are_live_with_their_batch",
        "live_items_form_a_chain",
        "journals_and_credit_memos_stand_on_what_is_live",
    }


def test_two_items_of_a_document_in_one_batch(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET batch_id = %s WHERE id = %s",
        books.first.pk,
        item("P-5", books.third).pk,
    )
    found = [one for one in find_breaches() if one.invariant == "live_items_form_a_chain"]
    assert [breach.message for breach in found] == [
        "The live items of payment P-5 do not form a chain: two are in one batch."
    ]


def test_an_invoice_twice_in_the_same_form(books: Books) -> None:
    drop_constraint("item_one_live_of_invoice_revision")
    tamper(
        "UPDATE accounting_batchitem SET invoice_revision_id = %s WHERE id = %s",
        item("1", books.first).invoice_revision_id,
        item("1", books.second).pk,
    )
    found = [one for one in find_breaches() if one.invariant == "no_revision_is_live_twice"]
    assert [breach.message for breach in found] == ["1 is in 2 live batches in the same form."]
    assert [row["batch_id"] for row in found[0].rows] == [books.first.pk, books.second.pk]


def test_a_credit_memo_twice(books: Books) -> None:
    drop_constraint("item_one_live_of_credit_memo")
    memo = item("CM-1", books.second)
    memo.pk = None
    memo.batch, memo.party = books.third, item("P-5", books.third).party
    memo.save(force_insert=True)
    assert breached() == {
        "constraints_are_in_place",
        "no_revision_is_live_twice",
        "batches_count_their_items",
        "files_hold_what_was_claimed",
    }


def test_a_refund_twice(books: Books) -> None:
    drop_constraint("item_one_live_of_refund")
    journal = item("R-1", books.second)
    journal.pk = None
    journal.batch, journal.party = books.third, item("P-5", books.third).party
    journal.position = 1
    journal.save(force_insert=True)
    assert breached() == {
        "constraints_are_in_place",
        "no_revision_is_live_twice",
        "refunds_are_used_once",
        "batches_count_their_items",
        "files_hold_what_was_claimed",
    }


# The content of an item


@pytest.mark.parametrize(
    ("number", "column", "value"),
    [
        ("1", "number", "'one'"),
        ("1", "date", "'2026-11-09'"),
        ("P-1", "number", "'P-one'"),
        ("P-1", "date", "'2026-11-09'"),
        ("R-1", "number", "'R-one'"),
        ("R-1", "date", "'2026-11-09'"),
        ("CM-1", "number", "'CM-one'"),
        ("CM-1", "date", "'2026-11-09'"),
    ],
)
def test_an_item_that_says_something_else(
    books: Books, number: str, column: str, value: str
) -> None:
    tamper(
        f"UPDATE accounting_batchitem SET {column} = {value} WHERE id = %s",
        item(number, books.second).pk,
    )
    assert breached() == {"items_say_what_was_frozen"}


def test_an_item_of_another_fingerprint(books: Books) -> None:
    changed = item("1", books.second)
    tamper("UPDATE accounting_batchitem SET fingerprint = 'altered' WHERE id = %s", changed.pk)
    # On PostgreSQL its invoice is unbatched immediately: there any update of an item counts.
    is_open = connection.vendor == "postgresql"
    assert breached() == {
        "items_say_what_was_frozen",
        *(["unbatched_invoices_are_those_due"] if is_open else []),
    }


def test_an_item_of_another_amount(books: Books) -> None:
    changed = item("R-1", books.second)
    tamper("UPDATE accounting_batchitem SET amount_cents = 501 WHERE id = %s", changed.pk)
    assert breached() == {
        "items_say_what_was_frozen",
        "batches_count_their_items",
        "files_hold_what_was_claimed",
    }


def test_an_item_with_the_customer_of_another_batch(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET party_id = %s WHERE id = %s",
        item("1", books.first).party_id,
        item("1", books.second).pk,
    )
    assert breached() == {"items_say_what_was_frozen"}


def test_an_item_that_sends_the_revision_of_another_document(books: Books) -> None:
    tamper(
        "UPDATE accounting_batchitem SET invoice_revision_id = %s WHERE id = %s",
        item("3", books.undone).invoice_revision_id,
        item("7", books.first).pk,
    )
    assert "items_say_what_was_frozen" in breached()


def test_a_journal_before_its_payment(books: Books) -> None:
    journal = item("R-7", books.second)
    tamper("UPDATE accounting_batchitem SET batch_id = %s WHERE id = %s", 0, journal.pk)
    assert "journals_and_credit_memos_stand_on_what_is_live" in breached()


def test_a_credit_memo_before_its_invoice(books: Books) -> None:
    memo = item("CM-1", books.second)
    tamper("UPDATE accounting_batchitem SET batch_id = %s WHERE id = %s", 0, memo.pk)
    assert "journals_and_credit_memos_stand_on_what_is_live" in breached()
