"""Departments, customers and jobs: created and changed, mostly by the feed (feed.md, Records)."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from invoices.models import Customer, Department, Invoice, Job
from invoices.services.accounting_keys import (
    change_accounting_key,
    free_accounting_key,
    require_free_key,
    set_accounting_key,
)
from invoices.services.catalogue import record_names
from invoices.services.freezing import lock_jobs
from invoices.services.survivors import is_same_customer, require_surviving, surviving
from invoices.signals import customers_changed, job_changed, job_locked
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.exceptions import Refused
from sera_batching.models.company import check_time_zone
from sera_batching.numbers import find_by, find_numbered, require_new_number
from sera_batching.origin import Origin
from sera_batching.texts import checked_line, required_line

__all__ = [
    "AddressValues",
    "CustomerValues",
    "DepartmentValues",
    "change_accounting_key",
    "save_customer",
    "save_department",
    "save_job",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentValues:
    """A department by its name, which never changes, and its defaults."""

    name: str
    timezone: str = "America/Chicago"
    default_item: str = ""
    default_class: str = ""
    terms: str = ""
    is_archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressValues:
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerValues:
    """A customer; `accounting_key` None keeps the key, or makes one from the name."""

    name: str
    accounting_key: str | None = None
    email: str = ""
    billing: AddressValues = field(default_factory=AddressValues)
    service: AddressValues | None = None
    is_tax_exempt: bool = False


@retry_when_given_up
def save_department(
    *, values: DepartmentValues, origin: Origin, fed_digest: str = ""
) -> Department:
    """Create the department of this name, or change its defaults.

    Raises Refused for an unknown time zone and for a name that differs by case only from another.
    """
    with document_action(origin=origin, permission="invoices.change_catalogue"):
        required_line(values.name, label="name of the department", longest=100)
        fields = _department_fields(values)
        department = find_by(
            "name", values.name, among=Department.objects.select_for_update(no_key=True)
        )
        before = _facts(department, fields) if department else {}
        department = department or Department(name=values.name)
        _write(department, fields, fed_digest)
        record_names(items=[values.default_item], classes=[values.default_class])
        if before != fields:
            record_by_person(
                origin=origin,
                action="department.changed" if before else "department.created",
                target=department,
                before=before,
                after=fields,
            )
    return department


@retry_when_given_up
def save_customer(
    *, number: str, values: CustomerValues, origin: Origin, fed_digest: str = ""
) -> Customer:
    """Create the customer of this number, or change name, key, e-mail and addresses.

    A given accounting key that differs is an audited edit, also from the feed (feed.md). Raises
    Refused for a key that another customer has, a number that differs by case only, and a customer
    that was merged into another.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        fields = customer_fields(values)
        customer = find_numbered(number, among=Customer.objects.select_for_update(no_key=True))
        if customer is None:
            return _create_customer(number, values, fields, origin, fed_digest)
        require_surviving(customer)
        before = _facts(customer, fields)
        _write(customer, fields, fed_digest)
        key = values.accounting_key
        is_changed = before != fields
        if key is not None and key != customer.accounting_key:
            if not origin.is_feed:
                origin.require("invoices.change_accounting_key")
            set_accounting_key(customer, key, reason="Came with the customer.", origin=origin)
            is_changed = True
        if is_changed:
            customers_changed.send(sender=Customer, customers=[customer], origin=origin)
        if before != fields:
            record_by_person(
                origin=origin,
                action="customer.changed",
                target=customer,
                before=before,
                after=fields,
            )
    return customer


@retry_when_given_up
def save_job(
    *,
    number: str,
    customer: Customer,
    department: Department | None,
    is_imported: bool,
    origin: Origin,
    fed_digest: str = "",
) -> Job:
    """Create the job of this number, or change its department and whether it is imported.

    Raises Refused for another customer than before, and for making imported a job that has
    invoices here (feed.md: an invoice on an imported job did not originate here).
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        fields = {"department": department, "is_imported": is_imported}
        job = find_numbered(number, among=Job.objects.all())
        if job is None:
            require_new_number(number, among=Job.objects.all())
            job = Job(number=number, customer=surviving(customer))
            _write(job, fields, fed_digest)
            record_new_job(job, origin)
            return job
        job = lock_jobs([job])[job.pk]
        if not is_same_customer(job.customer, customer):
            raise Refused(f"Job {number} belongs to another customer, and that can't change.")
        if is_imported and not job.is_imported:
            _require_no_invoices(job)
        job_locked.send(sender=Job, job=job)
        before = _job_facts(job)
        _write(job, fields, fed_digest)
        if before != _job_facts(job):
            job_changed.send(sender=Job, job=job, origin=origin)
            record_by_person(
                origin=origin,
                action="job.changed",
                target=job,
                before=before,
                after=_job_facts(job),
            )
    return job


def _create_customer(
    number: str,
    values: CustomerValues,
    fields: dict[str, Any],
    origin: Origin,
    fed_digest: str,
) -> Customer:
    require_new_number(number, among=Customer.objects.all())
    customer = Customer(number=number)
    if values.accounting_key is None:
        customer.accounting_key = free_accounting_key(values.name)
    else:
        customer.accounting_key = require_free_key(values.accounting_key)
    _write(customer, fields, fed_digest)
    customers_changed.send(sender=Customer, customers=[customer], origin=origin)
    record_by_person(
        origin=origin,
        action="customer.created",
        target=customer,
        after={**fields, "accounting_key": customer.accounting_key},
    )
    return customer


def _department_fields(values: DepartmentValues) -> dict[str, Any]:
    try:
        check_time_zone(values.timezone)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
    return {
        "timezone": values.timezone,
        "default_item": checked_line(values.default_item, label="default item", longest=255),
        "default_class": checked_line(values.default_class, label="default class", longest=255),
        "terms": checked_line(values.terms, label="terms", longest=100),
        "is_archived": values.is_archived,
    }


def customer_fields(values: CustomerValues) -> dict[str, Any]:
    """Return the customer's fields but the key; raise Refused for a text that is not allowed."""
    return {
        "name": required_line(values.name, label="name of the customer", longest=255),
        "email": checked_line(values.email, label="e-mail address", longest=255),
        **_address_fields("billing", values.billing),
        "has_service_address": values.service is not None,
        **_address_fields("service", values.service or AddressValues()),
        "is_tax_exempt": values.is_tax_exempt,
    }


def _address_fields(kind: str, address: AddressValues) -> dict[str, str]:
    longest = {"city": 255, "state": 255, "postal_code": 64, "country": 255}
    return {
        f"{kind}_{name}": checked_line(
            getattr(address, name),
            label=f"{name.replace('_', ' ')} of the {kind} address",
            **({"longest": longest[name]} if name in longest else {}),
        )
        for name in AddressValues.__dataclass_fields__
    }


def _facts(party: Department | Customer, names: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(party, name) for name in names}


def _write(party: Department | Customer | Job, fields: dict[str, Any], fed_digest: str) -> None:
    for name, value in fields.items():
        setattr(party, name, value)
    party.fed_digest = fed_digest or party.fed_digest
    party.save()


def _job_facts(job: Job) -> dict[str, Any]:
    return {
        "department": job.department.name if job.department else None,
        "is_imported": job.is_imported,
    }


def record_new_job(job: Job, origin: Origin) -> None:
    """Write the audit row of a new job, if a person made it."""
    record_by_person(
        origin=origin,
        action="job.created",
        target=job,
        after={**_job_facts(job), "customer": job.customer.number},
    )


def _require_no_invoices(job: Job) -> None:
    closed = (Invoice.Status.VOID, Invoice.Status.CANCELLED)
    invoice = (
        Invoice.objects.exclude(status__in=closed)
        .filter(Q(current_revision__job=job) | Q(draft__job=job))
        .first()
    )
    if invoice is not None:
        raise Refused(f"Job {job.number} has invoice {invoice.number} here: it is not imported.")
