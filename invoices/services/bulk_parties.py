"""Many new customers and jobs in a constant number of statements, for the feed (performance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoices.models import Customer, Department, Job
from invoices.services.accounting_keys import NewKeys, required_key
from invoices.services.parties import CustomerValues, customer_fields, record_new_job
from invoices.signals import customers_changed
from sera_batching.database.sql import insert_objects
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.numbers import require_new_numbers
from sera_batching.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer that does not exist yet."""

    number: str
    values: CustomerValues
    fed_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job that does not exist yet; after a merge it belongs to the survivor."""

    number: str
    customer: Customer
    department: Department | None
    is_imported: bool
    fed_digest: str = ""


@retry_when_given_up
def create_customers(*, entries: Sequence[NewCustomer], origin: Origin) -> list[Customer]:
    """Create these customers, one after the other, all or none.

    Equivalent to save_customer for each, by the same rules. Raises Refused for the first that
    breaks one; the caller then goes one by one, so that one bad customer does not refuse the rest.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        require_new_numbers([entry.number for entry in entries], among=Customer.objects.all())
        fields = [customer_fields(entry.values) for entry in entries]
        customers = insert_objects(
            Customer(number=entry.number, accounting_key=key, fed_digest=entry.fed_digest, **each)
            for entry, key, each in zip(entries, _keys_of(entries), fields, strict=True)
        )
        customers_changed.send(sender=Customer, customers=customers, origin=origin)
        for customer, each in zip(customers, fields, strict=True):
            record_by_person(
                origin=origin,
                action="customer.created",
                target=customer,
                after={**each, "accounting_key": customer.accounting_key},
            )
    return customers


@retry_when_given_up
def create_jobs(*, entries: Sequence[NewJob], origin: Origin) -> list[Job]:
    """Create these jobs, all or none; like create_customers, by the rules of save_job."""
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        require_new_numbers([entry.number for entry in entries], among=Job.objects.all())
        jobs = insert_objects(
            Job(
                number=entry.number,
                customer=entry.customer.survivor,
                department=entry.department,
                is_imported=entry.is_imported,
                fed_digest=entry.fed_digest,
            )
            for entry in entries
        )
        for job in jobs:
            record_new_job(job, origin)
    return jobs


def _keys_of(entries: Sequence[NewCustomer]) -> list[str]:
    """Return the accounting key of each: the given one, or one made from the name."""
    asked = [entry.values.accounting_key for entry in entries]
    keys = NewKeys(
        [entry.values.name for entry in entries if entry.values.accounting_key is None],
        [required_key(key) for key in asked if key is not None],
    )
    return [
        keys.free_key(entry.values.name) if key is None else keys.require_free(key)
        for entry, key in zip(entries, asked, strict=True)
    ]
