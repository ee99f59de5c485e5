"""Which invoices and credit memos appear on Unbatched, and as what (domain.md §2, §3)."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchItem
from accounting.tests.factories import make_failed_batch, make_ready_batch
from accounting.tests.readings import unbatched, unbatched_row, unbatched_rows
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB, unbatched_invoices
from invoices.models import Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    change_invoice,
    edit_draft,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.parties import AddressValues, CustomerValues, save_customer
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from sera_batching.models import Company
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

INSERT = "invoice_insert"
UPDATE = "invoice_update"


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def invoice(origin: Origin) -> Invoice:
    return make_invoice("7", origin=origin)


def change(invoice: Invoice, origin: Origin, total: int = 15000, **values: Any) -> None:
    """Edit a finalized invoice and approve it again."""
    change_invoice(
        invoice=invoice, values=make_invoice_values(total, **values), reason="x", origin=origin
    )


def newest_item(invoice: Invoice) -> BatchItem:
    return BatchItem.objects.newest().get(invoice=invoice)


# Inserts


def test_a_finalized_invoice_is_an_insert(origin: Origin) -> None:
    department = make_department("HVAC", origin=origin)
    invoice = make_invoice("7", department=department, origin=origin)
    revision = invoice.current_revision
    assert revision is not None
    (row,) = unbatched_rows(INVOICES_TAB)
    assert row._asdict() == {
        "kind": "invoice_insert",
        "document": "invoice",
        "document_id": invoice.pk,
        "number": "7",
        "date": datetime.date(2026, 11, 2),
        "department_id": department.pk,
        "department": "HVAC",
        "customer_id": invoice.customer_id,
        "customer": "Jane Doe",
        "amount_cents": 15000,
        "changed_at": revision.frozen_at,
        "fingerprint": revision.fingerprint,
        "invoice_revision_id": revision.pk,
        "payment_revision_id": None,
        "previous_id": None,
        "is_blocked": False,
    }
    assert unbatched_rows(PAYMENTS_TAB) == []


def test_edited_before_its_first_batch_it_is_still_an_insert_with_its_newest_content(
    invoice: Invoice, origin: Origin
) -> None:
    change(invoice, origin, 20000)
    assert unbatched() == [(INSERT, "7", 20000)]
    batch = make_ready_batch(origin=origin)
    assert unbatched() == []
    item = batch.items.get()
    assert (item.invoice_revision, item.amount_cents) == (invoice.current_revision, 20000)


def test_a_pending_invoice_never_appears(origin: Origin) -> None:
    invoice = make_invoice("7", finalized=False, origin=origin)
    assert unbatched() == []
    approve_invoice(invoice=invoice, reason="Work completed.", origin=origin)
    assert unbatched() == [(INSERT, "7", 15000)]


def test_an_unlocked_invoice_is_away_until_it_is_approved_again(
    invoice: Invoice, origin: Origin
) -> None:
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == []
    edit_draft(invoice=invoice, values=make_invoice_values(9900), origin=origin)
    assert unbatched() == []
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == [(INSERT, "7", 9900)]


def test_void_and_cancelled_invoices_never_batched_never_will_be(origin: Origin) -> None:
    void_invoice(invoice=make_invoice("7", origin=origin), note="x", origin=origin)
    cancel_invoice(invoice=make_invoice("8", origin=origin), reason="x", origin=origin)
    cancel_invoice(
        invoice=make_invoice("9", finalized=False, origin=origin), reason="x", origin=origin
    )
    assert unbatched() == []


def test_a_total_of_zero_never_batched_does_not_appear(origin: Origin) -> None:
    invoice = make_invoice("7", total=0, origin=origin)
    discounted = make_invoice("8", origin=origin)
    change(discounted, origin, lines=(make_line(15000), make_line(-15000)))
    assert unbatched() == []
    change(invoice, origin, 1)
    assert unbatched() == [(INSERT, "7", 1)]


# Updates


@pytest.mark.parametrize("batch_status", Batch.Status.values)
def test_a_batched_invoice_is_in_the_books_in_every_live_status(
    invoice: Invoice, origin: Origin, batch_status: str
) -> None:
    batch = make_ready_batch(origin=origin)
    if batch_status == "undone":
        undo_batch(batch_id=batch.pk, reason="x", origin=origin)
        assert unbatched() == [(INSERT, "7", 15000)]
        return
    lease = batch.queued_at if batch_status == "building" else None
    Batch.objects.filter(pk=batch.pk).update(status=batch_status, lease_until=lease)
    assert unbatched() == []


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({"lines": (make_line(15000, description="Compressor"),)}, 15000),
        ({"lines": (make_line(15000, item="Install"),)}, 15000),
        ({"lines": (make_line(15000, class_name="Plumbing"),)}, 15000),
        ({"lines": (make_line(10000), make_line(5000))}, 15000),
        ({"lines": (make_line(5000), make_line(10000))}, 15000),
        ({"lines": (make_line(15000, quantity=Decimal(2), rate=Decimal(75)),)}, 15000),
        ({"lines": (make_line(15001),)}, 15001),
        ({"date": datetime.date(2026, 11, 3)}, 15000),
        ({"due_date": datetime.date(2026, 12, 3)}, 15000),
        ({"terms": "Net 60"}, 15000),
        ({"tax_name": "Austin", "tax_rate": Decimal("8.25"), "tax_cents": 1238}, 16238),
        ({"memo": "Left at the door"}, 15000),
        ({"message": "Thanks"}, 15000),
    ],
)
def test_each_change_of_what_it_says_is_an_update(
    invoice: Invoice, origin: Origin, changes: dict[str, Any], total: int
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, **changes)
    assert unbatched() == [(UPDATE, "7", total)]
    assert unbatched_row("7").previous_id == newest_item(invoice).pk


def test_another_department_or_job_is_an_update(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    one = make_invoice("7", customer=customer, origin=origin)
    two = make_invoice("8", customer=customer, origin=origin)
    make_ready_batch(origin=origin)
    change(one, origin, department=make_department(origin=origin))
    change(two, origin, job=make_job(customer=customer, origin=origin))
    assert unbatched() == [(UPDATE, "7", 15000), (UPDATE, "8", 15000)]


def test_another_date_by_itself_is_an_update(invoice: Invoice, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    change_date(invoice=invoice, date=datetime.date(2026, 11, 9), reason="x", origin=origin)
    assert unbatched() == [(UPDATE, "7", 15000)]
    assert unbatched_row("7").date == datetime.date(2026, 11, 9)


def test_a_change_edited_back_before_the_next_batch_is_no_update(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, 20000)
    change(invoice, origin, 15000)
    assert invoice.revisions.count() == 3
    assert unbatched() == []


def test_a_change_edited_back_after_it_was_sent_is_an_update_again(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, 20000)
    make_ready_batch(origin=origin)
    assert unbatched() == []
    change(invoice, origin, 15000)
    assert unbatched() == [(UPDATE, "7", 15000)]
    make_ready_batch(origin=origin)
    assert unbatched() == []


def test_unlocking_a_batched_invoice_changes_nothing(invoice: Invoice, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == []
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == []


def test_a_pending_update_is_away_while_the_invoice_is_unlocked(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, 20000)
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == []
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    assert unbatched() == [(UPDATE, "7", 20000)]


def test_several_changes_are_one_update_with_the_newest_content(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, 20000)
    change(invoice, origin, 25000)
    assert unbatched() == [(UPDATE, "7", 25000)]


def test_accounting_key_address_and_email_are_no_update(invoice: Invoice, origin: Origin) -> None:
    make_ready_batch(origin=origin)
    customer = invoice.customer
    change_accounting_key(customer=customer, accounting_key="Doe, Jane", reason="x", origin=origin)
    save_customer(
        number=customer.number,
        values=CustomerValues(
            name="Jane Doe-Smith",
            accounting_key="Doe, Jane",
            email="jane@example.com",
            billing=AddressValues(line1="2 Oak St"),
        ),
        origin=origin,
    )
    assert unbatched() == []


def test_a_batched_invoice_edited_down_to_zero_is_an_update(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    change(invoice, origin, 0)
    assert unbatched() == [(UPDATE, "7", 0)]
    make_ready_batch(origin=origin)
    assert unbatched() == []
    change(invoice, origin, 100)
    assert unbatched() == [(UPDATE, "7", 100)]


def test_void_or_cancelled_after_its_batch_it_is_no_row(origin: Origin) -> None:
    one, two = make_invoice("7", origin=origin), make_invoice("8", origin=origin)
    make_ready_batch(origin=origin)
    change(one, origin, 20000)
    void_invoice(invoice=one, note="x", origin=origin)
    cancel_invoice(invoice=two, reason="x", origin=origin)
    assert unbatched() == []


# Do Not Batch


def test_do_not_batch_hides_an_insert_until_batching_is_resumed(
    invoice: Invoice, origin: Origin
) -> None:
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert unbatched() == []
    resume_invoice(invoice=invoice, origin=origin)
    assert unbatched() == [(INSERT, "7", 15000)]


def test_do_not_batch_leaves_what_is_batched_and_holds_its_update_back(
    invoice: Invoice, origin: Origin
) -> None:
    make_ready_batch(origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    change(invoice, origin, 20000)
    assert unbatched() == []
    assert newest_item(invoice).amount_cents == 15000
    resume_invoice(invoice=invoice, origin=origin)
    assert unbatched() == [(UPDATE, "7", 20000)]


# Credit memos


def test_a_credit_memo_waits_for_its_invoice_and_goes_once(
    invoice: Invoice, origin: Origin
) -> None:
    memo = make_credit_memo("CM-1", invoice=invoice, origin=origin)
    assert unbatched() == [(INSERT, "7", 15000)]
    make_ready_batch(origin=origin)
    (row,) = unbatched_rows()
    assert (row.kind, row.document, row.document_id, row.number, row.amount_cents, row.date) == (
        "credit_memo",
        "credit_memo",
        memo.pk,
        "CM-1",
        15000,
        datetime.date(2026, 11, 10),
    )
    make_ready_batch(origin=origin)
    assert unbatched() == []
    change(invoice, origin, 20000)
    assert unbatched() == [(UPDATE, "7", 20000)]


def test_a_credit_memo_restates_what_was_last_sent(invoice: Invoice, origin: Origin) -> None:
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    sent = invoice.current_revision
    change(invoice, origin, 20000, department=make_department(origin=origin))
    assert unbatched() == [(UPDATE, "7", 20000), ("credit_memo", "CM-1", 15000)]
    assert unbatched_row("CM-1").department is None
    batch = make_ready_batch(("credit_memo", "CM-1"), origin=origin)
    item = batch.items.get()
    assert (item.invoice_revision, item.amount_cents, item.previous) == (sent, 15000, None)


def test_a_credit_memo_comes_again_when_its_batch_is_undone(
    invoice: Invoice, origin: Origin
) -> None:
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    batch = make_ready_batch(origin=origin)
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert unbatched() == [("credit_memo", "CM-1", 15000)]


def test_a_credit_memo_is_held_with_its_invoice(invoice: Invoice, origin: Origin) -> None:
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    make_ready_batch(origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert unbatched() == []
    resume_invoice(invoice=invoice, origin=origin)
    assert unbatched() == [("credit_memo", "CM-1", 15000)]


# Undone, failed, blocked


def test_undoing_an_update_makes_it_an_update_of_what_was_sent_before(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, origin, 20000)
    second = make_ready_batch(origin=origin)
    change(invoice, origin, 30000)
    undo_batch(batch_id=second.pk, reason="x", origin=origin)
    assert unbatched() == [(UPDATE, "7", 30000)]
    assert unbatched_row("7").previous_id == first.items.get().pk
    change(invoice, origin, 15000)
    assert unbatched() == []


def test_a_failed_batch_keeps_its_invoices(invoice: Invoice, origin: Origin) -> None:
    make_failed_batch(origin=origin)
    assert unbatched() == []


def test_a_blocked_invoice_is_shown_with_its_reason_by_profile(origin: Origin) -> None:
    make_invoice("123456789012", origin=origin)
    (row,) = unbatched_rows()
    assert row.is_blocked is False
    assert block_reasons([row], "online") == {}
    Company.objects.update(profile="desktop")
    (row,) = unbatched_rows()
    assert row.is_blocked is True
    reason = (
        "The invoice number 123456789012 has 12 characters; QuickBooks Desktop allows 11. "
        "Use a shorter number. We don't shorten numbers: two could become the same."
    )
    assert block_reasons([row], "desktop") == {("invoice", row.document_id): [reason]}


def test_a_customer_whose_key_is_bad_blocks_every_document_until_it_is_fixed(
    origin: Origin,
) -> None:
    customer = make_customer(name="Doe: Jane", accounting_key="Doe: Jane", origin=origin)
    make_invoice("7", customer=customer, origin=origin)
    assert unbatched_row("7").is_blocked is True
    change_accounting_key(customer=customer, accounting_key="Doe Jane", reason="x", origin=origin)
    assert unbatched_row("7").is_blocked is False


def test_a_source_is_built_once_and_read_anew_each_time(origin: Origin) -> None:
    first = unbatched_invoices("online")
    assert list(first) == []
    make_invoice("1", origin=origin)
    assert [row.number for row in unbatched_invoices("online")] == ["1"]
    assert list(first) == []
