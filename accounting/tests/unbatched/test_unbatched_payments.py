"""Which payments and refunds appear on Unbatched, and as what (domain.md §2, §3, §4)."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from accounting.batches.undo import undo_batch
from accounting.tests.factories import make_failed_batch, make_ready_batch
from accounting.tests.readings import payment_rows, unbatched, unbatched_row, unbatched_rows
from accounting.unbatched.flags import flags
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB
from invoices.models import Customer, Invoice
from invoices.services.invoices import (
    approve_invoice,
    change_invoice,
    edit_draft,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.parties import save_job
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from payments.models import Payment
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

INSERT = "payment_insert"
UPDATE = "payment_update"


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("7", customer=customer, origin=origin)


def shown() -> list[tuple[str, str, int]]:
    return unbatched(PAYMENTS_TAB)


def change(payment: Payment, origin: Origin, **values: Any) -> None:
    change_payment(
        payment=payment,
        values=replace(payment_values(payment), **values),
        is_settled=True,
        reason="x",
        origin=origin,
    )


def change_total(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


def reallocate(payment: Payment, origin: Origin, *allocations: tuple[Invoice, int]) -> None:
    reallocate_payment(payment=payment, allocations=allocations, reason="x", origin=origin)


# Inserts


def test_a_payment_of_an_invoice_is_an_insert(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    revision = payment.current_revision
    assert revision is not None
    (row,) = unbatched_rows(PAYMENTS_TAB)
    assert row._asdict() == {
        "kind": "payment_insert",
        "document": "payment",
        "document_id": payment.pk,
        "number": "P-1",
        "date": datetime.date(2026, 11, 3),
        "department_id": None,
        "department": None,
        "customer_id": invoice.customer_id,
        "customer": "Jane Doe",
        "amount_cents": 15000,
        "changed_at": revision.frozen_at,
        "fingerprint": revision.fingerprint,
        "invoice_revision_id": None,
        "payment_revision_id": revision.pk,
        "previous_id": None,
        "is_blocked": False,
    }


def test_a_job_deposit_is_an_insert(origin: Origin) -> None:
    make_payment("P-1", job=make_job(origin=origin), amount=5000, origin=origin)
    assert shown() == [(INSERT, "P-1", 5000)]
    make_ready_batch(origin=origin)
    assert shown() == []


@pytest.mark.parametrize("method", ["card", "ach", "cash", "check", "external", "on_file"])
def test_every_method_batches_like_the_others(method: str, origin: Origin) -> None:
    make_payment("P-1", method=method, memo="by the wholesaler", origin=origin)
    assert shown() == [(INSERT, "P-1", 15000)]


def test_a_payment_of_nothing_never_appears(origin: Origin) -> None:
    payment = make_payment("P-1", amount=0, origin=origin)
    assert shown() == []
    change(payment, origin, amount_cents=1)
    assert shown() == [(INSERT, "P-1", 1)]


def test_a_payment_on_an_imported_job_appears_though_its_rows_are_blank(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    job = make_job(customer=customer, is_imported=True, origin=origin)
    invoice = make_invoice("7", customer=customer, origin=origin)
    make_payment("P-1", job=job, invoice=invoice, origin=origin)
    assert shown() == [(INSERT, "P-1", 15000)]
    assert flags(unbatched_rows(PAYMENTS_TAB)) == {
        ("payment", unbatched_row("P-1").document_id): ["imported job"]
    }
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("", 15000)]


def test_what_is_special_about_a_row_is_said(invoice: Invoice, origin: Origin) -> None:
    paid = make_payment("P-1", invoice=invoice, amount=10000, origin=origin)
    deposit = make_payment("P-2", origin=origin)
    make_refund(payment=deposit, amount=100, origin=origin)
    assert flags(unbatched_rows()) == {
        ("invoice", invoice.pk): [],
        ("payment", paid.pk): [],
        ("payment", deposit.pk): ["deposit", "partly refunded"],
    }
    make_ready_batch(origin=origin)
    change_total(invoice, 16000, origin)
    assert flags(unbatched_rows()) == {
        ("invoice", invoice.pk): ["changed"],
        ("payment", paid.pk): ["updated"],
    }


# Refunds before the batch are netted


def test_a_partial_refund_before_the_batch_leaves_one_insert_of_the_net(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_refund("R-2", payment=payment, amount=1000, origin=origin)
    assert shown() == [(INSERT, "P-1", 10000)]
    make_ready_batch(origin=origin)
    assert shown() == []


def test_a_full_refund_before_the_batch_leaves_neither_row(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=payment, amount=10000, origin=origin)
    make_refund("R-2", payment=payment, amount=5000, origin=origin)
    assert shown() == []
    make_ready_batch(origin=origin)
    assert shown() == []


def test_a_netted_refund_is_free_again_when_its_batch_is_undone(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    batch = make_ready_batch(origin=origin)
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert shown() == [(INSERT, "P-1", 11000)]
    make_refund("R-2", payment=payment, amount=1000, origin=origin)
    assert shown() == [(INSERT, "P-1", 10000)]


def test_a_refund_made_while_the_batch_was_live_is_netted_once_it_is_undone(
    origin: Origin,
) -> None:
    payment = make_payment("P-1", origin=origin)
    batch = make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    assert shown() == [("journal", "R-1", 4000)]
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert shown() == [(INSERT, "P-1", 11000)]


# Journals


def test_refunds_after_the_batch_are_a_journal_each(origin: Origin) -> None:
    job = make_job(department=make_department("HVAC", origin=origin), origin=origin)
    payment = make_payment("P-1", job=job, origin=origin)
    make_ready_batch(origin=origin)
    refund = make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_refund("R-2", payment=payment, amount=11000, origin=origin)
    rows = unbatched_rows(PAYMENTS_TAB)
    assert [(row.kind, row.number, row.amount_cents) for row in rows] == [
        ("journal", "R-1", 4000),
        ("journal", "R-2", 11000),
    ]
    row = rows[0]
    assert (row.document, row.document_id, row.date, row.department, row.customer) == (
        "refund",
        refund.pk,
        datetime.date(2026, 11, 5),
        "HVAC",
        "Jane Doe",
    )
    batch = make_ready_batch(("journal", "R-1"), origin=origin)
    assert shown() == [("journal", "R-2", 11000)]
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert shown() == [("journal", "R-1", 4000), ("journal", "R-2", 11000)]


def test_a_refund_netted_before_never_becomes_a_journal(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-2", payment=payment, amount=1000, origin=origin)
    assert shown() == [("journal", "R-2", 1000)]
    make_ready_batch(origin=origin)
    change(payment, origin, memo="moved")
    make_ready_batch(origin=origin)
    assert shown() == []


def test_a_failed_batch_counts_as_batched_for_refunds(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    make_failed_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    assert shown() == [("journal", "R-1", 4000)]


# Updates


def test_a_deposit_now_tied_to_an_invoice_is_an_update(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, origin=origin)
    make_ready_batch(origin=origin)
    reallocate(payment, origin, (invoice, 15000))
    assert shown() == [(UPDATE, "P-1", 15000)]
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 15000)]
    assert shown() == []


def test_a_deposit_becomes_an_update_when_its_invoice_is_finalized(
    customer: Customer, origin: Origin
) -> None:
    invoice = make_invoice("7", customer=customer, finalized=False, origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("", 15000)]
    assert shown() == []
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000)]


def test_another_allocation_is_an_update(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    other = make_invoice("8", customer=customer, origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    reallocate(payment, origin, (invoice, 10000), (other, 5000))
    assert shown() == [(UPDATE, "P-1", 15000)]
    reallocate(payment, origin, (invoice, 15000))
    assert shown() == []
    reallocate(payment, origin)
    assert shown() == [(UPDATE, "P-1", 15000)]


def test_an_adjusted_invoice_makes_an_update_though_the_split_is_the_same(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    other = make_invoice("8", customer=customer, origin=origin)
    make_payment("P-1", allocations=((invoice, 5000), (other, 5000)), origin=origin)
    make_ready_batch(origin=origin)
    unlock_invoice(invoice=other, reason="x", origin=origin)
    assert unbatched() == []
    edit_draft(
        invoice=other,
        values=make_invoice_values(lines=(make_line(15000, description="Valve"),)),
        origin=origin,
    )
    assert unbatched() == []
    approve_invoice(invoice=other, reason="x", origin=origin)
    assert unbatched() == [("invoice_update", "8", 15000), (UPDATE, "P-1", 10000)]


def test_an_invoice_approved_again_unchanged_makes_no_update(
    invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == []


def test_a_void_invoice_is_named_no_more_in_an_update(invoice: Invoice, origin: Origin) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=15000, origin=origin)
    void_invoice(invoice=invoice, note="x", origin=origin)
    assert unbatched() == [(UPDATE, "P-1", 15000), ("journal", "R-1", 15000)]
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("", 15000)]
    assert unbatched() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"date": datetime.date(2026, 11, 4)},
        {"method": "check"},
        {"reference": "1234"},
        {"memo": "Thanks"},
        {"amount_cents": 16000},
    ],
)
def test_other_facts_are_an_update_too(
    invoice: Invoice, origin: Origin, changes: dict[str, Any]
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    change(payment, origin, **changes)
    assert shown() == [(UPDATE, "P-1", changes.get("amount_cents", 15000))]


def test_an_invoice_that_went_out_later_makes_an_update_once(
    invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    assert shown() == []
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000)]
    make_ready_batch(origin=origin)
    assert unbatched() == []


def test_an_invoice_whose_update_went_out_later_makes_an_update(
    invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    change_total(invoice, 20000, origin)
    make_ready_batch((UPDATE, "P-1"), origin=origin)
    assert shown() == []
    make_ready_batch(("invoice_update", "7"), origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000)]


def test_an_invoice_of_the_same_or_an_earlier_batch_makes_none(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, amount=5000, origin=origin)
    make_ready_batch(origin=origin)
    make_payment("P-2", invoice=invoice, amount=5000, origin=origin)
    make_ready_batch(origin=origin)
    assert unbatched() == []


def test_a_later_invoice_whose_batch_is_undone_makes_none(invoice: Invoice, origin: Origin) -> None:
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    batch = make_ready_batch(origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000)]
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert unbatched() == [("invoice_insert", "7", 15000)]


def test_a_later_invoice_that_is_not_named_makes_none(customer: Customer, origin: Origin) -> None:
    job = make_job(customer=customer, is_imported=True, origin=origin)
    invoice = make_invoice("7", customer=customer, origin=origin)
    make_payment("P-1", job=job, invoice=invoice, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_ready_batch(origin=origin)
    assert shown() == []


def test_an_update_keeps_the_net_amount(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_ready_batch(origin=origin)
    reallocate(payment, origin, (invoice, 11000))
    assert shown() == [(UPDATE, "P-1", 11000)]
    make_ready_batch(origin=origin)
    change(payment, origin, memo="again")
    assert shown() == [(UPDATE, "P-1", 11000)]


def test_refunds_that_went_as_journals_never_reduce_an_update(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    reallocate(payment, origin, (invoice, 11000))
    assert shown() == [(UPDATE, "P-1", 15000), ("journal", "R-1", 4000)]
    make_ready_batch(("journal", "R-1"), origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000)]
    batch = make_ready_batch(origin=origin)
    assert payment_rows(batch, "P-1") == [("7", 11000), ("", 4000)]


def test_undoing_an_update_gives_it_back_against_what_was_sent_before(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    first = make_ready_batch(origin=origin)
    reallocate(payment, origin, (invoice, 11000))
    second = make_ready_batch((UPDATE, "P-1"), origin=origin)
    undo_batch(batch_id=second.pk, reason="x", origin=origin)
    assert shown() == [(UPDATE, "P-1", 11000)]
    assert unbatched_row("P-1").previous_id == first.items.get(payment=payment).pk
    reallocate(payment, origin)
    assert shown() == []


def test_a_batched_payment_changed_to_what_was_netted_has_no_row(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    make_ready_batch(origin=origin)
    change(payment, origin, amount_cents=4000)
    assert shown() == []


# Disputed and removed


def test_a_disputed_payment_is_held_back_until_it_is_restored(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    dispute_payment(payment=payment, note="x", origin=origin)
    assert shown() == []
    restore_payment(payment=payment, note="x", origin=origin)
    assert shown() == [(INSERT, "P-1", 15000)]


def test_a_dispute_holds_an_update_back_but_not_the_journals(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    make_ready_batch(origin=origin)
    change(payment, origin, memo="again")
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    dispute_payment(payment=payment, note="x", origin=origin)
    assert shown() == [("journal", "R-1", 4000)]
    restore_payment(payment=payment, note="x", origin=origin)
    assert shown() == [(UPDATE, "P-1", 15000), ("journal", "R-1", 4000)]


def test_a_refund_of_a_disputed_payment_never_batched_is_no_row(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    dispute_payment(payment=payment, note="x", origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    assert shown() == []


def test_a_removed_payment_is_gone(origin: Origin) -> None:
    new = make_payment("P-1", origin=origin)
    batched = make_payment("P-2", origin=origin)
    make_ready_batch(("payment_insert", "P-2"), origin=origin)
    change(batched, origin, memo="again")
    remove_payment(payment=new, note="x", origin=origin)
    remove_payment(payment=batched, note="x", origin=origin)
    assert shown() == []


# Do Not Batch


def test_do_not_batch_hides_the_payments_of_the_invoice(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    other = make_invoice("8", customer=customer, origin=origin)
    make_payment("P-1", invoice=invoice, amount=5000, origin=origin)
    make_payment("P-2", allocations=((other, 5000), (invoice, 5000)), origin=origin)
    make_payment("P-3", invoice=other, amount=5000, origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert unbatched() == [("invoice_insert", "8", 15000), (INSERT, "P-3", 5000)]
    resume_invoice(invoice=invoice, origin=origin)
    assert len(unbatched()) == 5


def test_a_pending_invoice_that_is_held_hides_its_payments_too(
    customer: Customer, origin: Origin
) -> None:
    invoice = make_invoice("7", customer=customer, finalized=False, origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert shown() == []


def test_do_not_batch_holds_updates_back_but_not_the_journals_of_batched_payments(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    change_total(invoice, 20000, origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    assert unbatched() == [("journal", "R-1", 4000)]
    resume_invoice(invoice=invoice, origin=origin)
    assert unbatched() == [
        ("invoice_update", "7", 20000),
        (UPDATE, "P-1", 15000),
        ("journal", "R-1", 4000),
    ]


def test_a_refund_of_a_held_payment_never_batched_is_no_row(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    make_refund("R-1", payment=payment, amount=4000, origin=origin)
    assert shown() == []
    resume_invoice(invoice=invoice, origin=origin)
    assert shown() == [(INSERT, "P-1", 11000)]


# The department of a payment


def department_of(number: str) -> str | None:
    return unbatched_row(number).department


def test_the_department_is_the_job_s_then_the_first_invoice_s(
    customer: Customer, origin: Origin
) -> None:
    hvac, plumbing, roofing = (
        make_department(name, origin=origin) for name in ("HVAC", "Plumbing", "Roofing")
    )
    job = make_job("J-1", customer=customer, department=hvac, origin=origin)
    jobless = make_job(customer=customer, origin=origin)
    first = make_invoice("7", customer=customer, department=plumbing, origin=origin)
    second = make_invoice("8", customer=customer, department=roofing, origin=origin)
    both = ((first, 1000), (second, 1000))
    make_payment("P-1", job=job, allocations=both, origin=origin)
    make_payment("P-2", allocations=both, origin=origin)
    make_payment("P-3", allocations=tuple(reversed(both)), origin=origin)
    make_payment("P-4", job=jobless, allocations=both, origin=origin)
    make_payment("P-5", customer=customer, origin=origin)
    assert [department_of(f"P-{number}") for number in range(1, 6)] == [
        "HVAC",
        "Plumbing",
        "Roofing",
        "Plumbing",
        None,
    ]
    save_job(number="J-1", customer=customer, department=roofing, is_imported=False, origin=origin)
    assert department_of("P-1") == "Roofing"


def test_the_first_invoice_s_department_is_the_frozen_one_else_the_draft_s(
    customer: Customer, origin: Origin
) -> None:
    hvac, plumbing = (make_department(name, origin=origin) for name in ("HVAC", "Plumbing"))
    invoice = make_invoice("7", customer=customer, finalized=False, department=hvac, origin=origin)
    make_payment("P-1", invoice=invoice, amount=1000, origin=origin)
    assert department_of("P-1") == "HVAC"
    edit_draft(invoice=invoice, values=make_invoice_values(department=plumbing), origin=origin)
    assert department_of("P-1") == "Plumbing"
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    edit_draft(invoice=invoice, values=make_invoice_values(department=hvac), origin=origin)
    assert department_of("P-1") == "Plumbing"
    edit_draft(invoice=invoice, values=make_invoice_values(), origin=origin)
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert department_of("P-1") is None


def test_a_refund_has_its_payment_s_department(customer: Customer, origin: Origin) -> None:
    invoice = make_invoice(
        "7", customer=customer, department=make_department("HVAC", origin=origin), origin=origin
    )
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    assert department_of("R-1") == "HVAC"
    reallocate(payment, origin)
    assert department_of("R-1") is None
    assert unbatched(INVOICES_TAB) == []


def test_a_payment_of_a_blocked_number_is_shown_and_blocked(origin: Origin) -> None:
    make_payment("P-" + "1" * 20, origin=origin)
    (row,) = unbatched_rows()
    assert row.is_blocked is True
