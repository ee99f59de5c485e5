"""Editing on a page: unlocked, changed and approved together, or not at all."""

import datetime

import pytest

from invoices.models import Invoice
from invoices.services.editing import edit_and_approve, save_draft
from invoices.services.invoices import void_invoice
from invoices.tests.factories import make_invoice, make_invoice_values, make_origin
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)


def test_an_edit_is_a_new_revision_of_the_day_of_its_approval() -> None:
    invoice = make_invoice()
    edit_and_approve(
        invoice=invoice,
        values=make_invoice_values(9000),
        reason="Too dear.",
        origin=make_origin(),
        approval_date=DAY,
    )
    revision = Invoice.objects.get(pk=invoice.pk).current_revision
    assert revision is not None
    assert (revision.sequence, revision.total_cents, revision.date) == (2, 9000, DAY)
    assert revision.due_date == datetime.date(2026, 12, 20)
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions[-3:] == ["invoice.unlocked", "invoice.draft_edited", "invoice.approved"]


def test_a_saved_draft_opens_the_invoice() -> None:
    invoice = make_invoice()
    save_draft(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=make_origin())
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert (invoice.is_unlocked, invoice.draft.total_cents) == (True, 9000)


def test_a_refused_edit_leaves_the_invoice_finalized() -> None:
    invoice = make_invoice()
    count = AuditEvent.objects.count()
    for values, reason in (
        (make_invoice_values(lines=()), "x"),
        (make_invoice_values(-1), "x"),
        (make_invoice_values(), " "),
    ):
        with pytest.raises(Refused):
            edit_and_approve(
                invoice=Invoice.objects.get(pk=invoice.pk),
                values=values,
                reason=reason,
                origin=make_origin(),
                approval_date=DAY,
            )
    with pytest.raises(NotAllowed):
        save_draft(
            invoice=invoice,
            values=make_invoice_values(1),
            reason="x",
            origin=make_origin("Accountant"),
        )
    invoice = Invoice.objects.get(pk=invoice.pk)
    assert invoice.status == Invoice.Status.FINALIZED
    assert invoice.revisions.count() == 1
    assert AuditEvent.objects.count() == count


def test_a_void_invoice_is_edited_no_more() -> None:
    invoice = make_invoice()
    void_invoice(invoice=invoice, note="x", origin=make_origin())
    with pytest.raises(Refused, match="permanently void"):
        save_draft(invoice=invoice, values=make_invoice_values(1), reason="x", origin=make_origin())
