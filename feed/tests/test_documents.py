"""What each record does to departments, customers, jobs, invoices and credit memos."""

import pytest

from feed.tests.feeding import (
    ADDRESS,
    BASE,
    LINE,
    Content,
    credit_memo,
    customer,
    department,
    feed,
    invoice,
    invoice_action,
    job,
    payment,
)
from invoices.models import CreditMemo, Customer, Department, Invoice, InvoiceRevision, Job
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import change_invoice, values_of
from invoices.tests.factories import make_origin
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db


def revisions() -> list[tuple[int, int, str]]:
    """Every revision: its sequence, total in cents, source."""
    return list(
        InvoiceRevision.objects.order_by("id").values_list("sequence", "total_cents", "source")
    )


def status(number: str = "10023") -> str:
    return Invoice.objects.get(number=number).status


# Departments, customers, jobs


def test_a_department_is_created_changed_and_archived() -> None:
    assert feed(department()).counts == (1, 0, 0, 0)
    assert feed(department(archived=True, terms="Net 15")).counts == (0, 1, 0, 0)
    found = Department.objects.get()
    assert (found.name, found.terms, found.is_archived) == ("HVAC", "Net 15", True)
    assert (found.timezone, found.default_item, found.default_class) == (
        "America/Chicago",
        "HVAC service",
        "HVAC",
    )


def test_a_customer_is_created_and_changed() -> None:
    assert feed(customer(service_address={**ADDRESS, "city": "Waco"})).counts == (1, 0, 0, 0)
    found = Customer.objects.get()
    assert (found.number, found.name, found.accounting_key) == ("C-1001", "Jane Doe", "Jane Doe")
    assert (found.billing_city, found.service_city) == ("Austin", "Waco")
    assert found.has_service_address
    assert feed(customer(email="", tax_exempt=True)).counts == (0, 1, 0, 0)
    found.refresh_from_db()
    assert (found.email, found.is_tax_exempt, found.has_service_address) == ("", True, False)


def test_a_key_left_out_is_made_from_the_name_with_the_next_free_number() -> None:
    feed(customer("C-1"), customer("C-2"), customer("C-3", name="JANE DOE"))
    keys = Customer.objects.order_by("number").values_list("accounting_key", flat=True)
    assert list(keys) == ["Jane Doe", "Jane Doe 2", "JANE DOE 3"]


def test_an_explicit_key_in_use_is_refused() -> None:
    fed = feed(customer("C-1"), customer("C-2", accounting_key="jane doe"))
    assert fed.counts == (1, 0, 0, 1)
    assert fed.problem == (
        2,
        "record",
        (
            "The accounting key “Jane Doe” belongs to customer Jane Doe (C-1). "
            "Each customer has its own."
        ),
    )


def test_a_changed_key_is_an_audited_edit() -> None:
    feed(customer(accounting_key="Jane Doe"))
    assert feed(customer(accounting_key="Doe, Jane")).counts == (0, 1, 0, 0)
    assert Customer.objects.get().accounting_key == "Doe, Jane"
    event = AuditEvent.objects.get(action="customer.accounting_key_changed")
    assert (event.before, event.after) == (
        {"accounting_key": "Jane Doe"},
        {"accounting_key": "Doe, Jane"},
    )
    assert event.source == "march.jsonl:1"


def test_a_key_corrected_here_survives_the_same_record() -> None:
    feed(customer(accounting_key="Jane Doe"))
    change_accounting_key(
        customer=Customer.objects.get(),
        accounting_key="Doe Jane",
        reason="As in QuickBooks.",
        origin=make_origin(),
    )
    assert feed(customer(accounting_key="Jane Doe")).counts == (0, 0, 1, 0)
    assert Customer.objects.get().accounting_key == "Doe Jane"


def test_a_job_is_created_and_changed() -> None:
    assert feed(*BASE).counts == (3, 0, 0, 0)
    assert feed(job(department=None, imported=True)).counts == (0, 1, 0, 0)
    found = Job.objects.get()
    assert (found.number, found.customer.number, found.department, found.is_imported) == (
        "J-55",
        "C-1001",
        None,
        True,
    )


def test_the_customer_of_a_job_never_changes() -> None:
    feed(*BASE, customer("C-2"))
    assert feed(job(customer="C-2")).problem == (
        1,
        "customer",
        (
            "job J-55 belongs to another customer, and that can't change; send it with its own "
            "customer"
        ),
    )


@pytest.mark.parametrize(
    ("record", "field", "noun", "number"),
    [
        (job(customer="C-9"), "customer", "customer", "C-9"),
        (job(department="Plumbing"), "department", "department", "Plumbing"),
        (invoice(customer="C-9"), "customer", "customer", "C-9"),
        (invoice(job="J-9"), "job", "job", "J-9"),
        (invoice(department="hvac"), "department", "department", "hvac"),
        (invoice_action("void"), "invoice", "invoice", "10023"),
        (payment(), "allocations[0].invoice", "invoice", "10023"),
        (credit_memo(), "invoice", "invoice", "10023"),
    ],
)
def test_a_record_refers_only_to_what_came_before(
    record: Content, field: str, noun: str, number: str
) -> None:
    fed = feed(*BASE, record, invoice(tax=None))
    assert fed.counts == (4, 0, 0, 1)
    assert fed.problem == (
        4,
        field,
        f"there is no {noun} “{number}”; send it on an earlier line, or correct this",
    )


# Invoices


def test_a_finalized_invoice_is_frozen_with_its_source() -> None:
    assert feed(*BASE, invoice()).counts == (4, 0, 0, 0)
    assert revisions() == [(1, 16238, "march.jsonl:4")]
    assert status() == "finalized"
    revision = InvoiceRevision.objects.get()
    assert (revision.tax_name, revision.tax_cents, revision.subtotal_cents) == (
        "Austin",
        1238,
        15000,
    )
    assert (revision.date.isoformat(), revision.due_date.isoformat()) == (
        "2026-11-02",
        "2026-12-02",
    )
    line = revision.lines.get()
    assert (line.position, line.item, line.class_name, line.amount_cents) == (
        1,
        "Repair",
        "HVAC",
        15000,
    )
    assert not hasattr(Invoice.objects.get(), "draft")


def test_a_jobless_invoice_without_department_or_tax() -> None:
    fed = feed(customer(), invoice(job=None, department=None, tax=None))
    assert fed.counts == (2, 0, 0, 0)
    revision = InvoiceRevision.objects.get()
    assert (revision.job, revision.department, revision.tax_rate, revision.total_cents) == (
        None,
        None,
        None,
        15000,
    )


def test_a_pending_invoice_has_a_draft_and_no_revision() -> None:
    feed(*BASE, invoice(status="pending"))
    assert (status(), revisions()) == ("pending", [])
    assert Invoice.objects.get().draft.total_cents == 16238


def test_pending_then_finalized_is_approved() -> None:
    feed(*BASE, invoice(status="pending"))
    assert feed(invoice(date="2026-11-20")).counts == (0, 1, 0, 0)
    assert revisions() == [(1, 16238, "march.jsonl:1")]
    assert InvoiceRevision.objects.get().date.isoformat() == "2026-11-20"


def test_a_finalized_invoice_with_other_content_is_edited_and_approved_again() -> None:
    feed(*BASE, invoice())
    assert feed(invoice(tax=None)).counts == (0, 1, 0, 0)
    assert revisions() == [(1, 16238, "march.jsonl:4"), (2, 15000, "march.jsonl:1")]
    assert status() == "finalized"


def test_a_finalized_invoice_sent_as_pending_is_unlocked_with_that_content() -> None:
    feed(*BASE, invoice())
    assert feed(invoice(status="pending", tax=None)).counts == (0, 1, 0, 0)
    found = Invoice.objects.get()
    assert (found.status, found.is_unlocked, found.draft.total_cents) == ("pending", True, 15000)
    assert revisions() == [(1, 16238, "march.jsonl:4")]
    assert feed(invoice(tax=None)).counts == (0, 1, 0, 0)
    assert revisions()[1:] == [(2, 15000, "march.jsonl:1")]


def test_an_equal_record_is_unchanged_even_after_a_correction_here() -> None:
    feed(*BASE, invoice())
    found = Invoice.objects.get()
    assert found.current_revision is not None
    corrected = values_of(found.current_revision)
    change_invoice(
        invoice=found,
        values=type(corrected)(
            **{**{name: getattr(corrected, name) for name in corrected.__slots__}, "memo": "Fixed"}
        ),
        reason="A correction.",
        origin=make_origin(),
    )
    events = AuditEvent.objects.count()
    assert feed(invoice()).counts == (0, 0, 1, 0)
    assert [total for _, total, _ in revisions()] == [16238, 16238]
    assert AuditEvent.objects.count() == events


def test_a_record_fed_before_the_last_one_is_a_change_again() -> None:
    feed(*BASE, invoice())
    feed(invoice(tax=None))
    assert feed(invoice()).counts == (0, 1, 0, 0)
    assert [total for _, total, _ in revisions()] == [16238, 15000, 16238]


def test_a_negative_line_is_a_discount_but_the_total_is_not_negative() -> None:
    coupon = {**LINE, "item": "Marketing Coupons", "quantity": "1", "rate": "-150.00"}
    fed = feed(
        *BASE,
        invoice("1", tax=None, lines=[LINE, {**coupon, "amount": "-150.00"}]),
        invoice("2", tax=None, lines=[LINE, {**coupon, "amount": "-150.01"}]),
    )
    assert fed.counts == (4, 0, 0, 1)
    assert fed.problem == (5, "record", "The total would be -0.01; it cannot be negative.")
    assert revisions() == [(1, 0, "march.jsonl:4")]


def test_an_invoice_on_an_imported_job_is_refused() -> None:
    fed = feed(department(), customer(), job(imported=True), invoice())
    assert fed.problem == (
        4,
        "record",
        "Job J-55 is imported: its invoices do not originate here.",
    )


def test_an_invoice_on_the_job_of_another_customer_is_refused() -> None:
    fed = feed(*BASE, customer("C-2"), invoice(customer="C-2"))
    assert fed.problem == (
        5,
        "record",
        "Job J-55 belongs to another customer, not to Jane Doe (C-2).",
    )


def test_the_customer_of_an_invoice_never_changes() -> None:
    feed(*BASE, customer("C-2"), invoice())
    assert feed(invoice(customer="C-2", job=None)).problem == (
        1,
        "customer",
        (
            "invoice 10023 belongs to another customer, and that can't change; send it with "
            "its own customer"
        ),
    )


def test_a_number_that_differs_by_case_only_is_refused() -> None:
    feed(*BASE, invoice("A-1"))
    fed = feed(invoice("a-1"))
    assert fed.problem == (
        1,
        "record",
        "Invoice A-1 already exists, and a-1 differs from it only in case.",
    )
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("do_not_batch", ("finalized", True, "disputed")),
        ("void", ("void", False, "")),
        ("cancel", ("cancelled", False, "")),
    ],
)
def test_an_invoice_action_that_is_already_so_changes_nothing(
    action: str, expected: tuple[str, bool, str]
) -> None:
    feed(*BASE, invoice())
    assert feed(invoice_action(action)).counts == (0, 1, 0, 0)
    found = Invoice.objects.get()
    assert (found.status, found.is_on_hold, found.hold_note) == expected
    assert feed(invoice_action(action)).counts == (0, 0, 1, 0)


def test_resuming() -> None:
    feed(*BASE, invoice(), invoice_action("do_not_batch"))
    assert feed(invoice_action("resume_batching")).counts == (0, 1, 0, 0)
    assert feed(invoice_action("resume_batching")).counts == (0, 0, 1, 0)
    assert not Invoice.objects.get().is_on_hold


@pytest.mark.parametrize(("action", "word"), [("void", "void"), ("cancel", "cancelled")])
def test_another_record_for_a_closed_invoice_is_refused(action: str, word: str) -> None:
    feed(*BASE, invoice(), invoice_action(action))
    assert feed(invoice()).counts == (0, 0, 1, 0)
    for record in (invoice(tax=None), invoice(status="pending")):
        assert feed(record).problem == (1, "record", f"Invoice 10023 is permanently {word}.")


def test_voiding_with_money_on_it_is_refused() -> None:
    fed = feed(*BASE, invoice(), payment(), invoice_action("void"))
    assert fed.counts == (5, 0, 0, 1)
    assert fed.problem[:2] == (6, "record")
    assert status() == "finalized"


# Credit memos


def test_a_credit_memo_is_recorded_once_and_never_changes() -> None:
    assert feed(*BASE, invoice(), credit_memo()).counts == (5, 0, 0, 0)
    found = CreditMemo.objects.get()
    assert (found.number, found.invoice.number, found.date.isoformat(), found.source) == (
        "CM-7",
        "10023",
        "2024-01-10",
        "march.jsonl:5",
    )
    assert feed(credit_memo()).counts == (0, 0, 1, 0)
    assert feed(credit_memo(date="2024-01-11")).problem == (
        1,
        "number",
        (
            "credit memo CM-7 is already recorded with different content and can't change; "
            "send another number"
        ),
    )
