"""Broken payments in the books are found: rows, netted refunds, room on invoices (domain.md §3)."""

import pytest

from accounting.invariants import find_breaches
from accounting.models import RefundUse
from accounting.tests.invariants.books import Books, breached, drop_constraint, item, tamper

pytestmark = pytest.mark.django_db


def test_a_row_of_a_payment(books: Books) -> None:
    of = item("P-5", books.third)
    tamper("UPDATE accounting_paymentrow SET amount_cents = 14999 WHERE item_id = %s", of.pk)
    (breach,) = find_breaches()
    assert breach.invariant == "payment_items_add_up"
    assert breach.rows[0] == {
        "table": "accounting_batchitem",
        "id": of.pk,
        "gross_cents": 15000,
        "netted_cents": 0,
        "amount_cents": 15000,
        "row_cents": 14999,
    }
    assert breach.rows[1]["amount_cents"] == 14999


def test_a_payment_that_is_not_what_was_left_of_it(books: Books) -> None:
    of = item("P-1", books.first)
    tamper("UPDATE accounting_batchitem SET amount_cents = 15000 WHERE id = %s", of.pk)
    tamper("UPDATE accounting_paymentrow SET amount_cents = 15000 WHERE item_id = %s", of.pk)
    assert breached() == {
        "payment_items_add_up",
        "batches_count_their_items",
        "files_hold_what_was_claimed",
    }


def test_a_refund_netted_in_another_payment(books: Books) -> None:
    tamper(
        "UPDATE accounting_refunduse SET item_id = %s WHERE use = 'netted'",
        item("P-5", books.first).pk,
    )
    assert breached() == {"refunds_are_used_where_they_belong", "payment_items_add_up"}


def test_a_journal_on_record_as_something_else(books: Books) -> None:
    tamper(
        "UPDATE accounting_refunduse SET use = 'restated' WHERE item_id = %s",
        item("R-1", books.second).pk,
    )
    assert breached() == {"refunds_are_used_where_they_belong", "refunds_are_used_once"}


def test_a_refund_use_of_another_amount(books: Books) -> None:
    tamper(
        "UPDATE accounting_refunduse SET amount_cents = 501 WHERE item_id = %s",
        item("R-1", books.second).pk,
    )
    assert breached() == {"refunds_are_used_where_they_belong"}


def test_an_update_that_forgot_what_was_netted(books: Books) -> None:
    tamper("DELETE FROM accounting_refunduse WHERE use = 'restated'")
    assert breached() == {"updates_restate_what_was_netted", "payment_items_add_up"}


def test_a_refund_netted_and_journaled(books: Books) -> None:
    drop_constraint("refund_is_used_once")
    netted = RefundUse.objects.get(use="netted")
    RefundUse.objects.create(
        item=item("R-7", books.second),
        refund=netted.refund,
        payment=netted.payment,
        use="journal",
        amount_cents=netted.amount_cents,
    )
    assert breached() == {
        "constraints_are_in_place",
        "refunds_are_used_once",
        "refunds_are_used_where_they_belong",
    }


def test_a_journal_that_is_not_on_record(books: Books) -> None:
    tamper("DELETE FROM accounting_refunduse WHERE item_id = %s", item("R-1", books.second).pk)
    found = {breach.invariant: breach.message for breach in find_breaches()}
    assert found == {
        "refunds_are_used_once": f"Refund journal R-1 in batch {books.second.pk} is not on record "
        "as the use of its refund."
    }


def test_more_applied_to_an_invoice_than_it_had_room_for(books: Books) -> None:
    seven = item("7", books.first)
    tamper(
        "UPDATE accounting_paymentrow SET invoice_id = %s WHERE item_id = %s",
        seven.invoice_id,
        item("P-8", books.second).pk,
    )
    (breach,) = find_breaches()
    assert breach.invariant == "no_batch_overapplied_an_invoice"
    assert breach.message == (f"Batch {books.second.pk} applied 200.00 to an invoice of 100.00.")
    assert [row["table"] for row in breach.rows] == [
        "invoices_invoice",
        "accounting_paymentrow",
        "accounting_paymentrow",
    ]
