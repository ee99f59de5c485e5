"""Draft batches: what the confirmation window holds and shows (domain.md §4, §5)."""

import datetime
from datetime import UTC

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounting.batches.drafts import include_invoices, make_draft, suggest_name
from accounting.batches.preview import preview_draft
from accounting.tests.factories import confirm, draft_of, make_ready_batch
from accounting.tests.readings import unbatched_row
from accounting.tests.scenes import make_every_kind
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.build import build_batch
from accounting.zips.contents import FileContent
from invoices.models import Invoice
from invoices.services.invoices import (
    approve_invoice,
    change_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import NotAllowed
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def change(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


# What is stored


def test_a_draft_is_exactly_what_was_seen(origin: Origin) -> None:
    hvac = make_department("HVAC", origin=origin)
    invoice = make_invoice("7", department=hvac, origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    rows = [unbatched_row("7"), unbatched_row("P-1")]
    draft = draft_of(origin=origin)
    assert draft.user == origin.user
    assert draft.left_out == []
    items = draft.items.order_by("pk")
    for item, row in zip(items, rows, strict=True):
        assert (
            item.kind,
            item.number,
            item.date,
            item.customer_id,
            item.department_id,
            item.amount_cents,
            item.fingerprint,
            item.invoice_revision_id,
            item.payment_revision_id,
            item.previous_id,
        ) == (
            row.kind,
            row.number,
            row.date,
            row.customer_id,
            row.department_id,
            row.amount_cents,
            row.fingerprint,
            row.invoice_revision_id,
            row.payment_revision_id,
            row.previous_id,
        )
    first, second = items
    assert (first.invoice, first.payment, first.refund, first.credit_memo) == (
        invoice,
        None,
        None,
        None,
    )
    assert (second.invoice_id, second.payment_id) == (None, rows[1].document_id)


def test_a_draft_claims_nothing(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    first, second = draft_of(origin=origin), draft_of(origin=make_origin())
    assert (first.items.count(), second.items.count()) == (1, 1)


def test_what_changed_after_the_page_was_opened_is_left_out_and_named(origin: Origin) -> None:
    same, changed = make_invoice("7", origin=origin), make_invoice("8", origin=origin)
    payment = make_payment("P-1", invoice=changed, amount=100, origin=origin)
    opened = timezone.now()
    change(changed, 20000, origin)
    draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters(), as_of=opened)
    assert [item.invoice for item in draft.items.all()] == [same]
    reason = "It was changed after you opened the page."
    assert draft.left_out == [
        {"kind": "invoice_insert", "number": "8", "reason": reason},
        {"kind": "payment_insert", "number": "P-1", "reason": reason},
    ]
    assert payment.current_revision is not None
    assert draft.as_of == opened


def test_arrivals_are_not_swept_in_but_counted(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    pending = make_invoice("8", finalized=False, origin=origin)
    opened = timezone.now()
    make_invoice("9", origin=origin)
    approve_invoice(invoice=pending, reason="x", origin=origin)
    make_payment("P-1", origin=origin)
    draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters(), as_of=opened)
    assert list(draft.items.values_list("number", flat=True)) == ["7"]
    assert draft.left_out == []
    assert preview_draft(draft).arrived_count == 3
    filtered = make_draft(
        origin=origin,
        choice=NamedDocuments(),
        filters=Filters(kind="invoice_insert"),
        as_of=opened,
    )
    assert preview_draft(filtered).arrived_count == 2


def test_a_moment_in_the_future_is_now(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    future = timezone.now() + datetime.timedelta(days=1)
    draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters(), as_of=future)
    assert draft.as_of < future
    make_invoice("8", origin=origin)
    assert preview_draft(draft).arrived_count == 1


def test_blocked_documents_are_left_out_with_their_reason(origin: Origin) -> None:
    long = "1" * 22
    make_invoice(long, origin=origin)
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    assert list(draft.items.values_list("number", flat=True)) == ["7"]
    reason = (
        f"The invoice number {long} has 22 characters; QuickBooks Online allows 21. Use a "
        "shorter number. We don't shorten numbers: two could become the same."
    )
    assert draft.left_out == [{"kind": "invoice_insert", "number": long, "reason": reason}]


def test_refunds_that_would_leave_the_receivable_account_are_left_out(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, method="card", origin=origin)
    make_refund("R-2", payment=payment, amount=100, method="cash", origin=origin)
    company = Company.current()
    company.refund_accounts = {"cash": company.ar_account}
    company.save()
    draft = draft_of(origin=origin)
    assert list(draft.items.values_list("number", flat=True)) == ["R-1"]
    reason = (
        'The refund is paid from the Accounts Receivable account "Accounts Receivable (A/R)" '
        "itself. Choose a different refund account for this method in the company settings."
    )
    assert draft.left_out == [{"kind": "journal", "number": "R-2", "reason": reason}]
    with refused(
        f"Everything selected is left out, such as R-2: {reason} Fix that, or select other "
        "documents."
    ):
        draft_of(("journal", "R-2"), origin=origin)


def test_who_may_not_batch_makes_no_draft() -> None:
    make_invoice("7")
    office = make_origin("Office")
    message = f"{office.user} isn't allowed to do this (it requires accounting.make_batch). "
    with refused(f"{message}Ask your company's admin.", error=NotAllowed):
        draft_of(origin=office)
    draft = draft_of(origin=make_origin("Accountant"))
    with refused(f"{message}Ask your company's admin.", error=NotAllowed):
        include_invoices(draft=draft, origin=office)


# The suggested name


@pytest.mark.parametrize(
    ("now", "zone", "name"),
    [
        ("2026-11-02T16:05:00", "America/Chicago", "Batch_2026-11-02_1005"),
        ("2027-01-01T05:59:59", "America/Chicago", "Batch_2026-12-31_2359"),
        # The hour that daylight saving time skips in spring, and the one that it repeats in fall.
        ("2026-03-08T08:30:00", "America/Chicago", "Batch_2026-03-08_0330"),
        ("2026-11-01T06:30:00", "America/Chicago", "Batch_2026-11-01_0130"),
        ("2026-11-01T07:30:00", "America/Chicago", "Batch_2026-11-01_0130"),
        ("2026-11-02T16:05:00", "Asia/Tokyo", "Batch_2026-11-03_0105"),
    ],
)
def test_the_name_is_the_company_s_date_and_minute(now: str, zone: str, name: str) -> None:
    moment = datetime.datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert suggest_name(Company(time_zone=zone), moment) == name


def test_a_draft_suggests_a_name(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    assert draft.suggested_name == suggest_name(Company.current(), draft.created_at)


# The preview


def test_the_window_counts_documents_rows_and_totals_of_each_file(origin: Origin) -> None:
    make_every_kind(origin)
    preview = preview_draft(draft_of(origin=origin))
    assert preview.files == (
        FileContent(1, "1 Invoice Inserts", 1, 2, 15000),
        FileContent(2, "2 Invoice Updates", 1, 1, 16000),
        FileContent(3, "3 Payment Inserts", 1, 1, 1500),
        FileContent(4, "4 Payment Updates", 1, 2, 700),
        FileContent(5, "5 Journal Inserts", 1, 2, 300),
        FileContent(6, "6 Credit Memos", 1, 1, 15000),
        FileContent(7, "7 Warnings", 0, 0, 0),
    )
    assert (preview.document_count, preview.total_cents, preview.arrived_count) == (6, 48500, 0)
    assert (preview.date_from, preview.date_to) == (
        datetime.date(2026, 11, 2),
        datetime.date(2026, 11, 10),
    )
    assert preview.accompaniment.is_complete is True
    assert [file.is_empty for file in preview.files] == [False] * 6 + [True]


def test_what_the_window_promised_is_what_is_built(origin: Origin) -> None:
    make_every_kind(origin, count=2)
    hvac = make_customer(origin=origin)
    invoice = make_invoice("big", total=1000, customer=hvac, origin=origin)
    for number in ("A", "B"):
        make_payment(number, invoice=invoice, amount=500, origin=origin)
    change(invoice, 600, origin)
    draft = draft_of(origin=origin)
    preview = preview_draft(draft)
    batch = confirm(draft)
    assert build_batch(batch_id=batch.pk)
    assert [
        (file.number, file.document_count, file.row_count, file.total_cents)
        for file in batch.files.all()
    ] == [
        (file.number, file.document_count, file.row_count, file.total_cents)
        for file in preview.files
    ]
    assert preview.files[6].document_count == 1
    batch.refresh_from_db()
    assert (batch.document_count, batch.total_cents) == (
        preview.document_count,
        preview.total_cents,
    )


def test_files_without_rows_are_empty(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    preview = preview_draft(draft_of(origin=origin))
    assert [file.is_empty for file in preview.files] == [False] + [True] * 6


def test_departments_are_named_and_none_comes_last(origin: Origin) -> None:
    for name in ("Roofing", "HVAC"):
        make_invoice(department=make_department(name, origin=origin), origin=origin)
    assert preview_draft(draft_of(origin=origin)).departments == ("HVAC", "Roofing")
    make_payment(origin=origin)
    assert preview_draft(draft_of(origin=origin)).departments == (
        "HVAC",
        "Roofing",
        "No department",
    )


def test_looking_twice_shows_the_same_and_claims_nothing(origin: Origin) -> None:
    make_every_kind(origin)
    draft = draft_of(origin=origin)
    assert preview_draft(draft) == preview_draft(draft)
    assert draft.items.count() == 6


# Statements


def statements(origin: Origin) -> tuple[int, int, int]:
    """Return the number of statements for draft, preview and confirmation of everything."""
    counts = []
    with CaptureQueriesContext(connection) as drafting:
        draft = draft_of(origin=origin)
    counts.append(len(drafting))
    with CaptureQueriesContext(connection) as previewing:
        preview_draft(draft)
    counts.append(len(previewing))
    with CaptureQueriesContext(connection) as confirming:
        confirm(draft, origin=origin)
    counts.append(len(confirming))
    return counts[0], counts[1], counts[2]


def test_thirty_six_documents_take_as_many_statements_as_six(origin: Origin) -> None:
    make_every_kind(origin)
    few = statements(origin)
    make_every_kind(origin, count=6, prefix="many-")
    assert statements(origin) == few
