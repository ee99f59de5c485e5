"""The database itself maintains the list tables, regardless of how rows are written (ADR 24).

`check_books` verifies every row; here it runs after each event.
"""

import datetime

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounting.invariants import find_breaches
from accounting.models import InvoiceListRow, PaymentListRow
from accounting.triggers import list_rows
from invoices.models import Invoice, InvoiceDraft, Job
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_invoice,
    hold_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.merging import merge_customers
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.services.payments import reallocate_payment, remove_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def invoice_row(number: str) -> tuple[object, ...]:
    """Return status, amount and open cents as listed; the books must be sound."""
    assert list(find_breaches()) == []
    rows = InvoiceListRow.objects.filter(folded_number=number.lower())
    return rows.values_list("status", "amount_cents", "open_cents").get()


def payment_row(number: str) -> tuple[object, ...]:
    assert list(find_breaches()) == []
    rows = PaymentListRow.objects.filter(folded_number=number.lower())
    return rows.values_list("state", "amount_cents", "open_cents").get()


def test_the_life_of_an_invoice(origin: Origin) -> None:
    invoice = make_invoice("INV-1", total=10000, finalized=False, origin=origin)
    assert invoice_row("INV-1") == ("pending", 10000, 10000)
    approve_invoice(invoice=invoice, reason="a test", origin=origin)
    assert invoice_row("INV-1") == ("finalized", 10000, 10000)
    change_invoice(invoice=invoice, values=make_invoice_values(7000), reason="less", origin=origin)
    assert invoice_row("INV-1") == ("finalized", 7000, 7000)
    unlock_invoice(invoice=invoice, reason="a test", origin=origin)
    assert invoice_row("INV-1") == ("pending", 7000, 7000)
    approve_invoice(invoice=invoice, reason="a test", origin=origin)
    hold_invoice(invoice=invoice, note="wait", origin=origin)
    assert list(find_breaches()) == []
    assert InvoiceListRow.objects.get().is_on_hold
    void_invoice(invoice=invoice, note="a test", origin=origin)
    assert invoice_row("INV-1") == ("void", 7000, 0)


def test_a_draft_and_a_cancelled_invoice(origin: Origin) -> None:
    department = make_department("HVAC", origin=origin)
    invoice = make_invoice("INV-1", total=10000, finalized=False, origin=origin)
    InvoiceDraft.objects.update(department=department, date=datetime.date(2026, 1, 2))
    assert list(find_breaches()) == []
    assert InvoiceListRow.objects.get().department == department
    cancel_invoice(invoice=invoice, reason="a test", origin=origin)
    assert invoice_row("INV-1") == ("cancelled", 10000, 0)


def test_payments_and_refunds_change_what_is_open(origin: Origin) -> None:
    jane = make_customer(origin=origin)
    first = make_invoice("INV-1", total=10000, customer=jane, origin=origin)
    second = make_invoice("INV-2", total=10000, customer=jane, origin=origin)
    payment = make_payment(
        "P-1", amount=12000, allocations=((first, 5000), (second, 4000)), origin=origin
    )
    assert invoice_row("INV-1") == ("finalized", 10000, 5000)
    assert payment_row("P-1") == ("active", 12000, 3000)
    make_refund(payment=payment, amount=5000, origin=origin)
    assert payment_row("P-1") == ("active", 12000, 0)
    assert invoice_row("INV-1") == ("finalized", 10000, 5000)
    assert invoice_row("INV-2") == ("finalized", 10000, 8000)
    reallocate_payment(
        payment=payment, allocations=((second, 9000),), reason="a test", origin=origin
    )
    assert invoice_row("INV-1") == ("finalized", 10000, 10000)
    assert invoice_row("INV-2") == ("finalized", 10000, 3000)


def test_a_removed_payment_holds_nothing(origin: Origin) -> None:
    invoice = make_invoice("INV-1", total=10000, origin=origin)
    payment = make_payment("P-1", amount=12000, allocations=((invoice, 10000),), origin=origin)
    remove_payment(payment=payment, note="a test", origin=origin)
    assert invoice_row("INV-1") == ("finalized", 10000, 10000)
    assert payment_row("P-1") == ("removed", 12000, 0)


def test_a_payment_is_of_its_jobs_department_or_its_invoices(origin: Origin) -> None:
    hvac, sewer = make_department("HVAC", origin=origin), make_department("Sewer", origin=origin)
    invoice = make_invoice("INV-1", total=10000, department=hvac, origin=origin)
    make_payment("P-1", allocations=((invoice, 1000),), origin=origin)
    assert PaymentListRow.objects.get().department == hvac
    values = make_invoice_values(10000, department=sewer)
    change_invoice(invoice=invoice, values=values, reason="a test", origin=origin)
    assert PaymentListRow.objects.get().department == sewer
    job = make_job(customer=invoice.customer, department=sewer, origin=origin)
    make_payment("P-2", job=job, origin=origin)
    Job.objects.filter(pk=job.pk).update(department=hvac)
    assert PaymentListRow.objects.get(folded_number="p-2").department == hvac
    assert list(find_breaches()) == []


def test_a_merge_lists_documents_under_the_survivor(origin: Origin) -> None:
    vanishing, survivor = make_customer(origin=origin), make_customer(origin=origin)
    make_payment(
        "P-1", invoice=make_invoice("INV-1", customer=vanishing, origin=origin), origin=origin
    )
    merge_customers(vanishing=vanishing, survivor=survivor, reason="a test", origin=origin)
    assert InvoiceListRow.objects.get().customer == survivor
    assert PaymentListRow.objects.get().customer == survivor
    assert list(find_breaches()) == []


def test_an_invoice_may_be_written_before_its_revision(origin: Origin) -> None:
    invoice = make_invoice("INV-1", origin=origin)
    revision = invoice.revisions.get()
    with transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(current_revision=revision.pk + 1)
        revision.pk, revision.sequence = revision.pk + 1, 2
        revision.date = datetime.date(2026, 1, 2)
        revision.save(force_insert=True)
    assert InvoiceListRow.objects.get().date == datetime.date(2026, 1, 2)


def test_a_lost_and_a_wrong_row_are_found_and_migrate_mends_them(origin: Origin) -> None:
    make_invoice("INV-1", origin=origin)
    make_payment("P-1", origin=origin)
    InvoiceListRow.objects.update(open_cents=1)
    PaymentListRow.objects.all().delete()
    assert [breach.invariant for breach in find_breaches()] == [
        "invoices_are_listed_as_they_are",
        "payments_are_listed_as_they_are",
    ]
    call_command("migrate", verbosity=0)
    assert list(find_breaches()) == []


def test_a_lost_trigger_is_found_and_migrate_mends_all() -> None:
    with connection.cursor() as cursor:
        for trigger in list_rows.maintaining_triggers():
            cursor.execute(trigger.drop_statement())
    make_invoice("INV-1")
    found = {
        row["trigger"]
        for breach in find_breaches()
        if breach.invariant == "list_rows_are_maintained"
        for row in breach.rows
    }
    assert found == {trigger.name for trigger in list_rows.maintaining_triggers()}
    call_command("migrate", verbosity=0)
    assert list(find_breaches()) == []
    assert InvoiceListRow.objects.count() == 1
