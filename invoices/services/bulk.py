"""Many invoices in a constant number of statements, for the going-live feed (performance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoices.models import Customer, Invoice
from invoices.services.freezing import freeze, lock_jobs, require_job_of_customer
from invoices.services.values import InvoiceValues, checked_values
from sera_batching.database.sql import insert_objects
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.numbers import require_new_numbers
from sera_batching.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """An invoice that does not exist yet; `source` says which line of the feed it came from."""

    number: str
    customer: Customer
    values: InvoiceValues
    fed_digest: str = ""
    source: str = ""


@retry_when_given_up
def create_finalized_invoices(*, entries: Sequence[NewInvoice], origin: Origin) -> list[Invoice]:
    """Create these invoices and freeze each one's first revision, all or none.

    Equivalent to create_invoice and approve_invoice for each, by the same rules. Raises Refused for
    the first that breaks one; the caller then goes one by one, so that one bad invoice does not
    refuse the rest.
    """
    with document_action(origin=origin, permission="invoices.approve_invoice"):
        require_new_numbers([entry.number for entry in entries], among=Invoice.objects.all())
        jobs = lock_jobs(entry.values.job for entry in entries if entry.values.job)
        values = []
        for entry in entries:
            values.append(checked_values(entry.values))
            if entry.values.job is not None:
                require_job_of_customer(jobs[entry.values.job.pk], customer=entry.customer)
        invoices = insert_objects(
            Invoice(number=entry.number, customer=entry.customer, fed_digest=entry.fed_digest)
            for entry in entries
        )
        freeze(
            list(zip(invoices, values, strict=True)),
            reason="",
            origin=origin,
            sources=[entry.source or origin.source for entry in entries],
        )
        for invoice in invoices:
            record_by_person(origin=origin, action="invoice.created", target=invoice)
    return invoices
