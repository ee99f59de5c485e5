"""The yellow warning: payments batched without their invoice (domain.md §5)."""

import pytest

from accounting.batches.drafts import include_invoices
from accounting.batches.undo import undo_batch
from accounting.models import Draft
from accounting.tests.factories import confirm, draft_of, make_ready_batch
from accounting.tests.readings import items_of, payment_rows, unbatched, warnings_of
from accounting.unbatched.filters import Filters
from accounting.unbatched.missing_invoices import (
    MissingInvoices,
    PaymentWithoutInvoice,
    accompaniment_of_draft,
    missing_invoices_of_selection,
)
from accounting.unbatched.rows import INVOICES_TAB
from accounting.unbatched.selection import NamedDocuments, UserSelection, get_selection
from accounting.unbatched.selection_changes import tick_all, tick_documents
from invoices.models import Customer, Invoice
from invoices.services.invoices import (
    change_invoice,
    hold_invoice,
    unlock_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.models import Payment
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

COMPLETE = MissingInvoices(payment_count=0, invoice_count=0, includable_count=0, rows=())


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


@pytest.fixture
def invoice(customer: Customer, origin: Origin) -> Invoice:
    return make_invoice("7", customer=customer, origin=origin)


@pytest.fixture
def payment(invoice: Invoice, origin: Origin) -> Payment:
    return make_payment("P-1", invoice=invoice, amount=5000, origin=origin)


def of_choice(*documents: tuple[str, str], filters: Filters | None = None) -> MissingInvoices:
    return missing_invoices_of_selection(
        filters=filters or Filters(), profile="online", choice=NamedDocuments(include=documents)
    )


def reason_of(draft: Draft) -> str:
    (row,) = accompaniment_of_draft(draft, "online").rows
    assert row.is_includable is False
    return row.reason


def test_a_payment_beside_its_invoice_needs_no_warning(payment: Payment, origin: Origin) -> None:
    assert of_choice() == COMPLETE
    draft = draft_of(origin=origin)
    assert accompaniment_of_draft(draft, "online") == COMPLETE
    assert accompaniment_of_draft(draft, "online").is_complete is True


def test_a_payment_without_its_unbatched_invoice_is_warned_of(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    expected = MissingInvoices(
        payment_count=1,
        invoice_count=1,
        includable_count=1,
        rows=(
            PaymentWithoutInvoice(
                payment_id=payment.pk,
                payment_number="P-1",
                invoice_id=invoice.pk,
                invoice_number="7",
                amount_cents=5000,
                is_includable=True,
                reason="",
            ),
        ),
    )
    assert of_choice(("payment_insert", "P-1")) == expected
    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    assert accompaniment_of_draft(draft, "online") == expected
    assert expected.is_complete is False


def test_a_payment_whose_invoice_is_batched_needs_no_warning(
    payment: Payment, origin: Origin
) -> None:
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    assert of_choice() == COMPLETE


def test_an_invoice_whose_batch_was_undone_is_missing_again(
    payment: Payment, origin: Origin
) -> None:
    batch = make_ready_batch(("invoice_insert", "7"), origin=origin)
    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    assert of_choice(("payment_insert", "P-1")).invoice_count == 1


def test_an_update_of_the_invoice_left_out_is_no_reason_to_warn(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    make_ready_batch(("invoice_insert", "7"), origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=origin)
    assert of_choice(("payment_insert", "P-1")) == COMPLETE


def test_ticks_and_filters_decide_together(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    def shown(filters: Filters | None = None) -> int:
        return missing_invoices_of_selection(
            filters=filters or Filters(),
            profile="online",
            choice=UserSelection(get_selection(origin.user)),
        ).payment_count

    assert shown() == 0
    tick_documents(
        user=origin.user, tab=INVOICES_TAB, documents=[("invoice", invoice.pk)], is_ticked=False
    )
    assert shown() == 1
    assert shown(Filters(kind="invoice_insert")) == 0
    tick_all(
        user=origin.user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=True
    )
    assert shown() == 0
    assert shown(Filters(kind="payment_insert")) == 1


def test_each_missing_invoice_of_each_payment_is_named_in_order(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    other = make_invoice("8", customer=customer, origin=origin)
    make_payment("P-1", allocations=((other, 100), (invoice, 200)), origin=origin)
    make_payment("P-2", allocations=((invoice, 300),), origin=origin)
    found = of_choice(("payment_insert", "P-1"), ("payment_insert", "P-2"))
    assert (found.payment_count, found.invoice_count, found.includable_count) == (2, 2, 2)
    assert [(row.payment_number, row.invoice_number, row.amount_cents) for row in found.rows] == [
        ("P-1", "8", 100),
        ("P-1", "7", 200),
        ("P-2", "7", 300),
    ]


def test_deposits_and_imported_jobs_name_no_invoice(customer: Customer, origin: Origin) -> None:
    pending = make_invoice("8", customer=customer, finalized=False, origin=origin)
    make_payment("P-1", invoice=pending, origin=origin)
    job = make_job(customer=customer, is_imported=True, origin=origin)
    make_payment(
        "P-2",
        job=job,
        invoice=make_invoice("9", customer=customer, origin=origin),
        origin=origin,
    )
    make_payment("P-3", customer=customer, origin=origin)
    assert of_choice(*(("payment_insert", f"P-{number}") for number in (1, 2, 3))) == COMPLETE


def test_an_update_whose_invoice_quickbooks_cannot_have_is_warned_of(
    customer: Customer, invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", customer=customer, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    reallocate_payment(payment=payment, allocations=((invoice, 15000),), reason="x", origin=origin)
    assert of_choice(("payment_update", "P-1")).payment_count == 1
    assert of_choice() == COMPLETE


def test_a_refund_journal_needs_no_invoice(payment: Payment, origin: Origin) -> None:
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_refund("R-1", payment=payment, amount=1, origin=origin)
    assert of_choice(("journal", "R-1")) == COMPLETE


# Why an invoice cannot be included


def test_an_unlocked_invoice_cannot_be_included(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    draft = draft_of(origin=origin)
    assert reason_of(draft) == "is unlocked for editing; approve it first"


def test_an_invoice_held_meanwhile_cannot_be_included(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)
    assert reason_of(draft) == "is marked Do Not Batch"


def test_an_invoice_of_nothing_cannot_be_included(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(0), reason="x", origin=origin)
    draft = draft_of(origin=origin)
    assert reason_of(draft) == "has a total of 0.00 and is never batched"


def test_a_blocked_invoice_cannot_be_included(customer: Customer, origin: Origin) -> None:
    invoice = make_invoice("1" * 22, customer=customer, origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    draft = draft_of(origin=origin)
    assert reason_of(draft) == "is blocked; see Unbatched for the reason"


# Continuing, or including the invoices


def test_the_user_may_go_on_and_the_warning_is_kept(payment: Payment, origin: Origin) -> None:
    batch = confirm(draft_of(("payment_insert", "P-1"), origin=origin))
    assert items_of(batch) == [("payment_insert", "P-1", 5000)]
    assert payment_rows(batch, "P-1") == [("7", 5000)]
    assert warnings_of(batch) == [("P-1", "14", 5000)]
    assert unbatched() == [("invoice_insert", "7", 15000)]


def test_including_the_invoices_makes_a_draft_with_them_and_ticks_them(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    make_invoice("8", origin=origin)
    tick_all(
        user=origin.user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=False
    )
    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    copy = include_invoices(draft=draft, origin=origin)
    assert (copy.user, copy.filters, copy.suggested_name, copy.as_of) == (
        draft.user,
        draft.filters,
        draft.suggested_name,
        draft.as_of,
    )
    assert sorted(copy.items.values_list("number", flat=True)) == ["7", "P-1"]
    assert draft.items.count() == 1
    assert accompaniment_of_draft(copy, "online") == COMPLETE
    batch = confirm(copy)
    assert items_of(batch) == [("invoice_insert", "7", 15000), ("payment_insert", "P-1", 5000)]
    assert warnings_of(batch) == []
    choice = UserSelection(get_selection(origin.user))
    assert choice.selection.exceptions.get().document_id == invoice.pk


def test_invoices_that_the_filters_hide_are_included_all_the_same(
    payment: Payment, origin: Origin
) -> None:
    draft = draft_of(origin=origin, filters=Filters(kind="payment_insert"))
    copy = include_invoices(draft=draft, origin=origin)
    assert sorted(copy.items.values_list("number", flat=True)) == ["7", "P-1"]


def test_including_twice_includes_once(payment: Payment, origin: Origin) -> None:
    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    copy = include_invoices(draft=include_invoices(draft=draft, origin=origin), origin=origin)
    assert sorted(copy.items.values_list("number", flat=True)) == ["7", "P-1"]


def test_what_cannot_be_included_stays_out(
    invoice: Invoice, payment: Payment, origin: Origin
) -> None:
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    draft = draft_of(origin=origin)
    copy = include_invoices(draft=draft, origin=origin)
    assert list(copy.items.values_list("number", flat=True)) == ["P-1"]
