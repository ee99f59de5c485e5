"""Departments, customers and jobs (domain.md §2; feed.md, Records)."""

import pytest

from invoices.models import Department, Job
from invoices.services.invoices import cancel_invoice
from invoices.services.parties import (
    AddressValues,
    CustomerValues,
    DepartmentValues,
    change_accounting_key,
    save_customer,
    save_department,
    save_job,
)
from invoices.signals import accounting_key_changed, customers_changed, job_changed
from invoices.tests.factories import (
    ADDRESS,
    make_customer,
    make_department,
    make_invoice,
    make_job,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


# Departments


def test_a_department_is_created_then_changed_by_its_name(origin: Origin) -> None:
    values = DepartmentValues(
        name="HVAC", default_item="HVAC service", default_class="HVAC", terms="Net 30"
    )
    department = save_department(values=values, origin=origin, fed_digest="d1")
    assert (department.name, department.timezone, department.fed_digest) == (
        "HVAC",
        "America/Chicago",
        "d1",
    )
    with unchanging():
        save_department(values=values, origin=origin)
    save_department(
        values=DepartmentValues(name="HVAC", timezone="America/Denver", is_archived=True),
        origin=origin,
    )
    department.refresh_from_db()
    assert Department.objects.count() == 1
    assert (department.timezone, department.default_item, department.is_archived) == (
        "America/Denver",
        "",
        True,
    )
    assert department.fed_digest == "d1"
    changed, created = audit.events_of(department)
    assert (created.action, changed.action) == ("department.created", "department.changed")
    assert changed.before == {
        "timezone": "America/Chicago",
        "default_item": "HVAC service",
        "default_class": "HVAC",
        "terms": "Net 30",
        "is_archived": False,
    }


def test_a_department_needs_a_name_and_a_time_zone(origin: Origin) -> None:
    make_department("HVAC", origin=origin)
    with refused("Department HVAC already exists, and Hvac differs from it only in case."):
        save_department(values=DepartmentValues(name="Hvac"), origin=origin)
    with refused("The name of the department is missing."):
        save_department(values=DepartmentValues(name=""), origin=origin)
    with refused("“Texas” isn't a time zone; write it like America/Chicago."):
        save_department(values=DepartmentValues(name="A", timezone="Texas"), origin=origin)


# Customers


def test_a_customer_is_created_with_addresses(origin: Origin) -> None:
    values = CustomerValues(
        name="Jane Doe",
        email="jane@example.com",
        billing=ADDRESS,
        service=AddressValues(line1="2 Oak St", city="Waco"),
        is_tax_exempt=True,
    )
    with signals_sent(customers_changed) as sent:
        customer = save_customer(number="C-1001", values=values, origin=origin, fed_digest="d1")
    assert sent == [(customers_changed, {"customers": [customer], "origin": origin})]
    customer.refresh_from_db()
    assert (customer.number, customer.name, customer.accounting_key, customer.fed_digest) == (
        "C-1001",
        "Jane Doe",
        "Jane Doe",
        "d1",
    )
    assert (customer.billing_line1, customer.billing_postal_code) == ("1 Elm St", "78701")
    assert (customer.has_service_address, customer.service_city) == (True, "Waco")
    assert customer.is_tax_exempt
    event = audit.events_of(customer).get()
    assert (event.action, event.after["accounting_key"]) == ("customer.created", "Jane Doe")


def test_a_customer_is_changed_and_an_equal_one_is_not(origin: Origin) -> None:
    customer = make_customer("C-1001", service=ADDRESS, origin=origin)
    values = CustomerValues(name="Jane Roe", billing=ADDRESS)
    with signals_sent(customers_changed, accounting_key_changed) as sent:
        save_customer(number="C-1001", values=values, origin=origin)
    assert sent == [(customers_changed, {"customers": [customer], "origin": origin})]
    customer.refresh_from_db()
    assert (customer.name, customer.accounting_key) == ("Jane Roe", "Jane Doe")
    assert (customer.has_service_address, customer.service_line1) == (False, "")
    event = audit.events_of(customer)[0]
    assert (event.action, event.before["name"], event.after["name"]) == (
        "customer.changed",
        "Jane Doe",
        "Jane Roe",
    )
    with unchanging(), signals_sent(customers_changed) as sent:
        save_customer(number="C-1001", values=values, origin=origin)
    assert sent == []


def test_what_no_customer_can_be(origin: Origin) -> None:
    make_customer("C-1001", origin=origin)
    with refused("Customer C-1001 already exists, and c-1001 differs from it only in case."):
        make_customer("c-1001", origin=origin)
    with refused("The name of the customer is missing."):
        make_customer("C-2", name="", origin=origin)
    with refused("The postal code of the billing address has 65 characters; the limit is 64."):
        make_customer("C-2", billing=AddressValues(postal_code="7" * 65), origin=origin)
    with refused(
        "The line1 of the service address contains a control character, "
        "which no workbook can carry."
    ):
        make_customer("C-2", service=AddressValues(line1="a\nb"), origin=origin)


def test_only_admins_change_parties() -> None:
    origin = make_origin("Accountant")
    needs = (
        f"{origin.user} isn't allowed to do this (it requires invoices.{{}}). "
        "Ask your company's admin."
    )
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        make_customer(origin=origin)
    with refused(needs.format("change_catalogue"), error=NotAllowed):
        make_department(origin=origin)
    customer = make_customer()
    with refused(needs.format("edit_invoice"), error=NotAllowed):
        make_job(customer=customer, origin=origin)
    with refused(needs.format("change_accounting_key"), error=NotAllowed):
        change_accounting_key(customer=customer, accounting_key="J", reason="x", origin=origin)


# Jobs


def test_a_job_is_created_then_changed_by_its_number(origin: Origin) -> None:
    customer = make_customer("C-1", origin=origin)
    department = make_department("HVAC", origin=origin)
    with signals_sent(job_changed) as sent:
        job = save_job(
            number="J-55",
            customer=customer,
            department=department,
            is_imported=False,
            origin=origin,
            fed_digest="d1",
        )
    assert sent == []
    assert (job.number, job.customer, job.department, job.fed_digest) == (
        "J-55",
        customer,
        department,
        "d1",
    )
    with signals_sent(job_changed) as sent:
        changed = save_job(
            number="J-55", customer=customer, department=None, is_imported=True, origin=origin
        )
    assert sent == [(job_changed, {"job": job, "origin": origin})]
    assert (changed.department, changed.is_imported) == (None, True)
    event = audit.events_of(job)[0]
    assert (event.action, event.before, event.after) == (
        "job.changed",
        {"department": "HVAC", "is_imported": False},
        {"department": None, "is_imported": True},
    )
    with unchanging(), signals_sent(job_changed) as sent:
        save_job(number="J-55", customer=customer, department=None, is_imported=True, origin=origin)
    assert sent == []
    assert Job.objects.count() == 1


def test_what_no_job_can_become(origin: Origin) -> None:
    job = make_job("J-55", origin=origin)
    other = make_customer(origin=origin)
    with refused("Job J-55 belongs to another customer, and that can't change."):
        make_job("J-55", customer=other, origin=origin)
    with refused("Job J-55 already exists, and j-55 differs from it only in case."):
        make_job("j-55", customer=job.customer, origin=origin)


@pytest.mark.parametrize("finalized", [True, False])
def test_a_job_with_invoices_here_is_not_imported(finalized: bool, origin: Origin) -> None:
    job = make_job("J-55", origin=origin)
    invoice = make_invoice("7", job=job, finalized=finalized, origin=origin)
    with refused("Job J-55 has invoice 7 here: it is not imported."):
        make_job("J-55", customer=job.customer, is_imported=True, origin=origin)
    cancel_invoice(invoice=invoice, reason="x", origin=origin)
    make_job("J-55", customer=job.customer, is_imported=True, origin=origin)
    job.refresh_from_db()
    assert job.is_imported
