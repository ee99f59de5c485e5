"""Broken documents are found: each test breaks one thing, and exactly its invariants fail."""

import pytest

from accounting.invariants import find_breaches
from accounting.tests.invariants.books import Books, breached, tamper
from invoices.models import Customer, Invoice, InvoiceRevision
from payments.models import Payment, PaymentRevision

pytestmark = pytest.mark.django_db


def invoice(number: str) -> Invoice:
    return Invoice.objects.get(number=number)


def payment(number: str) -> Payment:
    return Payment.objects.get(number=number)


def first_revision(of: Invoice | Payment) -> int:
    model = InvoiceRevision if isinstance(of, Invoice) else PaymentRevision
    name = "invoice" if isinstance(of, Invoice) else "payment"
    return model.objects.get(sequence=1, **{name: of}).pk


def test_the_books_are_sound(books: Books) -> None:
    assert breached() == set()


def test_a_line_of_a_frozen_invoice(books: Books) -> None:
    revision = invoice("4").current_revision_id
    tamper("UPDATE invoices_invoiceline SET amount_cents = 15001 WHERE revision_id = %s", revision)
    assert breached() == {"frozen_invoices_add_up", "invoice_fingerprints_are_true"}
    (breach,) = (one for one in find_breaches() if one.invariant == "frozen_invoices_add_up")
    assert breach.message == "The revision of invoice 4 does not add up."
    assert breach.rows == (
        {
            "table": "invoices_invoicerevision",
            "id": revision,
            "lines_cents": 15001,
            "subtotal_cents": 15000,
            "tax_cents": 0,
            "total_cents": 15000,
        },
    )


def test_a_missing_line(books: Books) -> None:
    tamper(
        "DELETE FROM invoices_invoiceline WHERE revision_id = %s", invoice("4").current_revision_id
    )
    assert breached() == {"frozen_invoices_add_up", "invoice_fingerprints_are_true"}


def test_a_line_of_a_draft(books: Books) -> None:
    tamper(
        "UPDATE invoices_invoicedraftline SET amount_cents = 1 WHERE draft_id IN "
        "(SELECT id FROM invoices_invoicedraft WHERE invoice_id = %s)",
        invoice("10").pk,
    )
    assert breached() == {"draft_invoices_add_up"}


def test_the_total_of_a_draft(books: Books) -> None:
    tamper("UPDATE invoices_invoicedraft SET total_cents = 1")
    assert breached() == {"draft_invoices_add_up"}


def test_a_memo_of_a_frozen_invoice(books: Books) -> None:
    tamper(
        "UPDATE invoices_invoicerevision SET memo = 'Altered.' WHERE id = %s",
        first_revision(invoice("1")),
    )
    assert breached() == {"invoice_fingerprints_are_true"}


def test_an_invoice_on_an_old_revision(books: Books) -> None:
    one = invoice("1")
    tamper(
        "UPDATE invoices_invoice SET current_revision_id = %s WHERE id = %s",
        first_revision(one),
        one.pk,
    )
    assert breached() == {
        "invoices_stand_on_their_newest_revision",
        "payments_name_invoices_as_they_are",
    }


def test_a_pending_invoice_that_forgot_its_revision(books: Books) -> None:
    tamper("UPDATE invoices_invoice SET current_revision_id = NULL WHERE number = '5'")
    assert breached() == {
        "invoices_stand_on_their_newest_revision",
        "payments_name_invoices_as_they_are",
    }


def test_a_pending_invoice_without_its_draft(books: Books) -> None:
    tamper("DELETE FROM invoices_invoicedraftline")
    tamper("DELETE FROM invoices_invoicedraft WHERE invoice_id = %s", invoice("10").pk)
    assert breached() == {"pending_invoices_have_their_draft", "draft_invoices_add_up"}


def test_a_finalized_invoice_with_a_draft(books: Books) -> None:
    change = "UPDATE invoices_invoicedraft SET invoice_id = %s WHERE invoice_id = %s"
    tamper(change, invoice("4").pk, invoice("10").pk)
    found = [
        breach.message
        for breach in find_breaches()
        if breach.invariant == "pending_invoices_have_their_draft"
    ]
    assert found == [
        "Invoice 4 is finalized and has a draft.",
        "Invoice 10 is pending and has no draft.",
    ]


def test_a_payment_on_an_old_revision(books: Books) -> None:
    deposit = payment("P-2")
    tamper(
        "UPDATE payments_payment SET current_revision_id = %s WHERE id = %s",
        first_revision(deposit),
        deposit.pk,
    )
    # The list tables follow only the new invoice: the old one keeps its open balance.
    assert breached() == {
        "payments_stand_on_their_newest_revision",
        "invoices_are_listed_as_they_are",
    }


def test_a_payment_without_a_revision(books: Books) -> None:
    tamper("UPDATE payments_payment SET current_revision_id = NULL WHERE number = 'P-9'")
    assert breached() == {"payments_stand_on_their_newest_revision"}


def test_a_memo_of_a_payment(books: Books) -> None:
    tamper(
        "UPDATE payments_paymentrevision SET memo = 'Altered.' WHERE id = %s",
        first_revision(payment("P-2")),
    )
    assert breached() == {"payment_fingerprints_are_true"}


def test_a_job_that_became_imported_behind_its_payment(books: Books) -> None:
    tamper("UPDATE invoices_job SET is_imported = %s WHERE number = 'J-1'", True)
    assert breached() == {"payments_name_invoices_as_they_are"}


def test_an_invoice_that_became_void_behind_its_payment(books: Books) -> None:
    tamper("UPDATE invoices_invoice SET status = 'void' WHERE number = '4'")
    assert breached() == {"payments_name_invoices_as_they_are"}


def test_more_allocated_than_there_is(books: Books) -> None:
    tamper(
        "UPDATE payments_allocation SET amount_cents = 15001 WHERE revision_id = %s",
        payment("P-4").current_revision_id,
    )
    assert breached() == {"allocations_fit_their_payment", "payment_fingerprints_are_true"}


def test_an_allocation_to_another_customers_invoice(books: Books) -> None:
    bob = Customer.objects.exclude(number="C-1").first() or Customer.objects.create(
        number="C-2", name="Bob", accounting_key="Bob"
    )
    tamper("UPDATE payments_payment SET customer_id = %s WHERE number = 'P-4'", bob.pk)
    assert breached() == {"allocations_fit_their_payment"}


def test_more_refunded_than_there_is(books: Books) -> None:
    tamper("UPDATE payments_refund SET amount_cents = 15000 WHERE number = 'R-2'")
    assert breached() == {"refunds_fit_their_payment"}


def test_a_removed_payment_with_a_refund(books: Books) -> None:
    tamper("UPDATE payments_payment SET state = 'removed' WHERE number = 'P-1'")
    assert breached() == {
        "refunds_fit_their_payment",
        "closed_documents_in_the_books_have_a_follow_up",
    }


def test_nobody_is_told_of_a_void_invoice_in_the_books(books: Books) -> None:
    tamper("UPDATE accounting_followup SET status = 'superseded' WHERE cause = 'invoice_voided'")
    (breach,) = find_breaches()
    assert breach.invariant == "closed_documents_in_the_books_have_a_follow_up"
    assert breach.message == (
        "Invoice 8 is void and in the books, but no follow-up says to fix that."
    )


def test_nobody_is_told_of_a_removed_payment_in_the_books(books: Books) -> None:
    tamper("DELETE FROM accounting_followup WHERE cause = 'payment_removed'")
    (breach,) = find_breaches()
    assert breach.message == (
        "Payment P-9 is removed and in the books, but no follow-up says to fix that."
    )
