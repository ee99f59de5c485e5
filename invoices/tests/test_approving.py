"""Creating, drafting and approving invoices: each rule, each refusal, each repetition."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.models import Invoice, InvoiceDraft, InvoiceRevision
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    change_invoice,
    create_invoice,
    edit_draft,
    record_credit_memo,
    values_of,
)
from invoices.signals import invoices_frozen
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def feed() -> Origin:
    return make_origin(channel="feed", source="march.jsonl:12")


def current(invoice: Invoice) -> InvoiceRevision:
    invoice.refresh_from_db()
    assert invoice.current_revision is not None
    return invoice.current_revision


def test_a_new_invoice_is_pending_with_a_draft(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    department = make_department("HVAC", origin=origin)
    job = make_job(customer=customer, department=department, origin=origin)
    values = make_invoice_values(
        15000,
        job=job,
        department=department,
        memo="Gate code 12",
        tax_name="Austin",
        tax_rate=Decimal("8.25"),
        tax_cents=1238,
    )
    invoice = create_invoice(
        number="10023", customer=customer, values=values, origin=origin, fed_digest="d1"
    )
    invoice.refresh_from_db()
    assert (invoice.number, invoice.customer, invoice.status, invoice.fed_digest) == (
        "10023",
        customer,
        "pending",
        "d1",
    )
    assert invoice.current_revision is None
    assert not invoice.is_unlocked
    assert values_of(InvoiceDraft.objects.get(invoice=invoice)) == values
    assert (invoice.draft.subtotal_cents, invoice.draft.total_cents) == (15000, 16238)
    event = audit.events_of(invoice).get()
    assert (event.action, event.before, event.after["total_cents"]) == (
        "invoice.created",
        {},
        16238,
    )


def test_a_number_is_taken_once_whatever_its_case(origin: Origin) -> None:
    customer = make_invoice("INV-1", origin=origin).customer
    values = make_invoice_values()
    with refused("Invoice INV-1 already exists."):
        create_invoice(number="INV-1", customer=customer, values=values, origin=origin)
    with refused("Invoice INV-1 already exists, and inv-1 differs from it only in case."):
        create_invoice(number="inv-1", customer=customer, values=values, origin=origin)


def test_an_invoice_on_an_imported_job_is_refused(origin: Origin) -> None:
    job = make_job("J-9", is_imported=True, origin=origin)
    message = "Job J-9 is imported: its invoices do not originate here."
    values = make_invoice_values(job=job)
    with refused(message):
        create_invoice(number="1", customer=job.customer, values=values, origin=origin)
    invoice = make_invoice(customer=job.customer, origin=origin)
    with refused(message):
        change_invoice(invoice=invoice, values=values, reason="x", origin=origin)
    pending = make_invoice(customer=job.customer, finalized=False, origin=origin)
    with refused(message):
        edit_draft(invoice=pending, values=values, origin=origin)


def test_the_job_is_the_customers(origin: Origin) -> None:
    job = make_job("J-9", origin=origin)
    other = make_customer("C-2", name="Birch LLC", origin=origin)
    values = make_invoice_values(job=job)
    message = "Job J-9 belongs to another customer, not to Birch LLC (C-2)."
    with refused(message):
        create_invoice(number="1", customer=other, values=values, origin=origin)
    invoice = make_invoice(customer=other, origin=origin)
    with refused(message):
        change_invoice(invoice=invoice, values=values, reason="x", origin=origin)


def test_a_negative_total_is_refused(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    with refused("The total would be -0.01; it cannot be negative."):
        create_invoice(number="1", customer=customer, values=make_invoice_values(-1), origin=origin)


def test_a_feed_writes_no_audit_row(feed: Origin) -> None:
    invoice = make_invoice(origin=feed)
    change_invoice(invoice=invoice, values=make_invoice_values(1), reason="", origin=feed)
    assert AuditEvent.objects.count() == 0
    assert current(invoice).source == "march.jsonl:12"


# Drafts


def test_a_draft_is_edited_until_it_is_approved(origin: Origin) -> None:
    invoice = make_invoice(finalized=False, total=15000, origin=origin)
    values = make_invoice_values(memo="second thoughts", lines=(make_line(100), make_line(200)))
    edit_draft(invoice=invoice, values=values, origin=origin, fed_digest="d2")
    invoice.refresh_from_db()
    assert values_of(invoice.draft) == values
    assert invoice.draft.total_cents == 300
    assert invoice.fed_digest == "d2"
    event = audit.events_of(invoice)[0]
    assert event.action == "invoice.draft_edited"
    assert (event.before["total_cents"], event.after["total_cents"]) == (15000, 300)
    assert (event.before["memo"], event.after["memo"]) == ("", "second thoughts")
    assert "date" not in event.after
    with unchanging():
        edit_draft(invoice=invoice, values=values, origin=origin)


def test_a_finalized_invoice_has_no_draft_to_edit(origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    with refused("Invoice 7 is finalized: unlock it before editing it."):
        edit_draft(invoice=invoice, values=make_invoice_values(), origin=origin)


# Approving


def test_approving_freezes_the_draft(origin: Origin) -> None:
    values = make_invoice_values(
        lines=(make_line(15000), make_line(-2500, item="Marketing Coupons")), memo="Gate"
    )
    invoice = make_invoice("7", finalized=False, origin=origin, lines=values.lines)
    edit_draft(invoice=invoice, values=values, origin=origin)
    with signals_sent(invoices_frozen) as sent:
        revision = approve_invoice(
            invoice=invoice, reason="Work completed.", origin=origin, fed_digest="d3"
        )
    assert sent == [
        (invoices_frozen, {"revisions": [revision], "contents": [values], "origin": origin})
    ]
    invoice.refresh_from_db()
    assert (invoice.status, invoice.current_revision, invoice.fed_digest) == (
        "finalized",
        revision,
        "d3",
    )
    revision.refresh_from_db()
    assert values_of(revision) == values
    assert (revision.sequence, revision.subtotal_cents, revision.total_cents) == (1, 12500, 12500)
    assert (revision.frozen_by, revision.reason) == (origin.user, "Work completed.")
    assert [line.position for line in revision.lines.all()] == [1, 2]
    assert not InvoiceDraft.objects.filter(invoice=invoice).exists()
    event = audit.events_of(invoice)[0]
    assert (event.action, event.note) == ("invoice.approved", "Work completed.")
    assert event.before == {"status": "pending"}
    assert event.after == {
        "status": "finalized",
        "revision": 1,
        "date": "2026-11-02",
        "total_cents": 12500,
    }
    with unchanging():
        again = approve_invoice(invoice=invoice, reason="", origin=origin)
    assert again == revision


def test_the_date_becomes_the_approval_date_and_the_due_date_moves_along(origin: Origin) -> None:
    invoice = make_invoice(finalized=False, origin=origin)
    revision = approve_invoice(
        invoice=invoice,
        reason="Work completed.",
        origin=origin,
        approval_date=datetime.date(2026, 11, 12),
    )
    assert (revision.date, revision.due_date) == (
        datetime.date(2026, 11, 12),
        datetime.date(2026, 12, 12),
    )


def test_approving_needs_a_reason_a_line_and_a_living_invoice(origin: Origin) -> None:
    invoice = make_invoice("7", finalized=False, origin=origin)
    with refused("Enter a reason."):
        approve_invoice(invoice=invoice, reason=" ", origin=origin)
    empty = make_invoice("8", finalized=False, lines=(), origin=origin)
    with refused("Invoice 8 has no lines: there is nothing to approve."):
        approve_invoice(invoice=empty, reason="x", origin=origin)
    cancel_invoice(invoice=invoice, reason="x", origin=origin)
    with refused("Invoice 7 is permanently cancelled."):
        approve_invoice(invoice=invoice, reason="x", origin=origin)


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_only_admins_change_invoices(role: str) -> None:
    invoice = make_invoice("7")
    origin = make_origin(role)
    values = make_invoice_values(1)
    needs = (
        f"{origin.user} isn't allowed to do this (it requires invoices.{{}}). "
        "Ask your company's admin."
    )
    with refused(needs.format("approve_invoice"), error=NotAllowed):
        approve_invoice(invoice=invoice, reason="x", origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        change_invoice(invoice=invoice, values=values, reason="x", origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        edit_draft(invoice=invoice, values=values, origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        change_date(invoice=invoice, date=values.date, reason="x", origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        create_invoice(number="8", customer=invoice.customer, values=values, origin=origin)
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        record_credit_memo(number="C", invoice=invoice, date=values.date, origin=origin)


def test_more_lines_take_no_more_queries(origin: Origin) -> None:
    make_invoice(origin=origin)  # The catalogue knows the names of the lines from here on.
    one = make_invoice(finalized=False, origin=origin)
    many = make_invoice(finalized=False, lines=(make_line(100),) * 20, origin=origin)
    counts = []
    for invoice in (one, many):
        with CaptureQueriesContext(connection) as queries:
            approve_invoice(invoice=invoice, reason="Work completed.", origin=origin)
        counts.append(len(queries))
    assert counts[0] == counts[1]
