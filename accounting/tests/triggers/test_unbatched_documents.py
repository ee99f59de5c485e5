"""The database maintains the unbatched documents, regardless of who writes (ADR 15)."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounting.batches.undo import undo_batch
from accounting.invariants import find_breaches
from accounting.models import BatchItem, CandidatePayment, UnbatchedInvoice
from accounting.sweep import prune_settled_payments
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import unbatched
from accounting.triggers import unbatched_documents
from invoices.models import Invoice
from invoices.services.invoices import (
    approve_invoice,
    change_invoice,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.tests.factories import make_invoice, make_invoice_values, make_origin
from payments.services.payments import dispute_payment, restore_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def maintained() -> list[str]:
    """Return the numbers of the documents in the two tables."""
    invoices = UnbatchedInvoice.objects.values_list("number", flat=True)
    return sorted([*invoices, *CandidatePayment.objects.values_list("number", flat=True)])


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_new_documents_are_open_and_claimed_ones_are_not(origin: Origin) -> None:
    invoice = make_invoice("INV-1", origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    make_invoice("INV-2", total=0, origin=origin)
    assert maintained() == ["INV-1", "P-1"]
    make_ready_batch(origin=origin)
    assert maintained() == []


def test_undoing_a_batch_opens_what_it_held(origin: Origin) -> None:
    invoice = make_invoice("INV-1", origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    first = make_ready_batch(origin=origin)
    change_invoice(
        invoice=invoice, values=make_invoice_values(20000), reason="a test", origin=origin
    )
    second = make_ready_batch(origin=origin)
    assert maintained() == []
    undo_batch(batch_id=second.pk, reason="a test", origin=origin)
    assert UnbatchedInvoice.objects.get().previous == BatchItem.objects.get(
        batch=first, invoice=invoice
    )
    assert maintained() == ["INV-1", "P-1"]
    undo_batch(batch_id=first.pk, reason="a test", origin=origin)
    assert UnbatchedInvoice.objects.get().previous is None
    assert maintained() == ["INV-1", "P-1"]


def test_each_event_of_an_invoice(origin: Origin) -> None:
    invoice = make_invoice("INV-1", origin=origin)
    hold_invoice(invoice=invoice, note="wait", origin=origin)
    assert maintained() == []
    resume_invoice(invoice=invoice, origin=origin)
    assert maintained() == ["INV-1"]
    unlock_invoice(invoice=invoice, reason="a test", origin=origin)
    assert maintained() == []
    approve_invoice(invoice=invoice, reason="a test", origin=origin)
    row = UnbatchedInvoice.objects.get()
    assert row.revision_id == Invoice.objects.get().current_revision_id
    assert row.sequence == 2
    void_invoice(invoice=invoice, note="a test", origin=origin)
    assert maintained() == []


def test_each_event_of_a_payment(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    dispute_payment(payment=payment, note="a test", origin=origin)
    assert maintained() == []
    restore_payment(payment=payment, note="a test", origin=origin)
    assert maintained() == ["P-1"]


def test_an_invoice_that_goes_out_later_opens_its_payments(origin: Origin) -> None:
    """Nothing is written on the payment, but its invoice was sent after it (domain.md §3, d)."""
    invoice = make_invoice("INV-1", origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    assert maintained() == ["INV-1"]
    later = make_ready_batch(("invoice_insert", "INV-1"), origin=origin)
    assert maintained() == ["P-1"]
    assert unbatched("payments") == [("payment_update", "P-1", 15000)]
    undo_batch(batch_id=later.pk, reason="a test", origin=origin)
    assert unbatched("payments") == []
    assert maintained() == ["INV-1", "P-1"]
    assert prune_settled_payments() == 1
    assert maintained() == ["INV-1"]


def test_a_payment_whose_refund_goes_out_with_its_invoice_is_opened(origin: Origin) -> None:
    """The journal refers to the payment's revision, but does not batch the payment."""
    invoice = make_invoice("INV-1", origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_refund("R-1", payment=payment, amount=15000, origin=origin)
    batch = make_ready_batch(origin=origin)
    assert set(batch.items.values_list("kind", "number")) == {
        ("invoice_insert", "INV-1"),
        ("journal", "R-1"),
    }
    assert unbatched() == [("payment_update", "P-1", 15000)]


def test_what_is_written_past_the_services_is_noticed(origin: Origin) -> None:
    make_invoice("INV-1", origin=origin)
    make_payment("P-1", origin=origin)
    make_ready_batch(origin=origin)
    BatchItem.objects.update(is_newest=False)
    assert maintained() == ["INV-1", "P-1"]
    execute("UPDATE invoices_invoice SET is_on_hold = NOT is_on_hold")
    execute("UPDATE payments_payment SET state = 'disputed'")
    assert maintained() == []


def test_an_invoice_may_be_written_before_its_revision(origin: Origin) -> None:
    """As with COPY: the key is checked at commit."""
    invoice = make_invoice("INV-1", origin=origin)
    revision = invoice.revisions.get()
    with transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(current_revision=revision.pk + 1)
        assert maintained() == []
        revision.pk, revision.sequence = revision.pk + 1, 2
        revision.save(force_insert=True)
    assert UnbatchedInvoice.objects.get().sequence == 2


def test_settled_payments_are_forgotten_and_no_others(origin: Origin) -> None:
    held = make_invoice("INV-1", origin=origin)
    make_payment("P-1", invoice=held, origin=origin)
    hold_invoice(invoice=held, note="wait", origin=origin)
    gone = make_payment("P-2", origin=origin)
    make_refund(payment=gone, amount=15000, origin=origin)
    partly = make_payment("P-3", origin=origin)
    make_refund(payment=partly, amount=1, origin=origin)
    assert maintained() == ["P-1", "P-2", "P-3"]
    assert prune_settled_payments() == 1
    assert maintained() == ["P-1", "P-3"]
    assert prune_settled_payments() == 0


def test_a_lost_row_is_found(origin: Origin) -> None:
    make_invoice("INV-1", origin=origin)
    make_payment("P-1", origin=origin)
    UnbatchedInvoice.objects.all().delete()
    CandidatePayment.objects.all().delete()
    assert {breach.invariant for breach in find_breaches()} == {
        "unbatched_invoices_are_those_due",
        "unbatched_payments_are_those_due",
    }


def test_a_lost_trigger_is_found_and_migrate_mends_all() -> None:
    names = [trigger.name for trigger in unbatched_documents.MAINTAINING_TRIGGERS]
    for trigger in unbatched_documents.MAINTAINING_TRIGGERS:
        execute(trigger.drop_statement())
    make_invoice("INV-1")
    found = [
        breach
        for breach in find_breaches()
        if breach.invariant == "unbatched_documents_are_maintained"
    ]
    assert [row["trigger"] for breach in found for row in breach.rows] == names
    assert maintained() == []
    call_command("migrate", verbosity=0)
    assert list(find_breaches()) == []
    assert maintained() == ["INV-1"]


def test_filling_anew_starts_from_nothing(origin: Origin) -> None:
    make_invoice("INV-1", origin=origin)
    UnbatchedInvoice.objects.update(invoice_id=-1, number="INV-0")
    unbatched_documents.rebuild()
    assert maintained() == ["INV-1"]


def test_a_claim_needs_as_many_statements_for_any_number(origin: Origin) -> None:
    def statements(count: int, prefix: str) -> int:
        for number in range(count):
            invoice = make_invoice(f"{prefix}-{number}", origin=origin)
            make_payment(f"P{prefix}-{number}", invoice=invoice, origin=origin)
        with CaptureQueriesContext(connection) as queries:
            make_ready_batch(origin=origin)
        return len(queries)

    assert statements(1, "A") == statements(4, "B")
    assert maintained() == []
