"""Applies runs of new documents in a constant number of statements.

The result is the same as one by one. A refused run is halved until the bad line is alone, where it
gets its error.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from feed.lookups import ReferencedDocuments
from feed.records import (
    CustomerRecord,
    DocumentRecord,
    InvoiceRecord,
    JobRecord,
    PaymentRecord,
    Record,
)
from feed.values import customer_values, invoice_values, payment_values
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from invoices.services.bulk_parties import NewCustomer, NewJob, create_customers, create_jobs
from payments.services.bulk import NewPayment, take_payments
from sera_batching.models import Fed
from sera_batching.origin import Origin


class Entry(NamedTuple):
    """A record, its line and its origin."""

    line: int
    record: Record
    origin: Origin


class BulkRun:
    """New customers, jobs, finalized invoices and payments on consecutive lines.

    All documents of a type are created before those of the next. That makes no difference, because
    a record joins the run only if what it names comes before it.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._folded: set[tuple[str, str]] = set()
        self._new: set[tuple[str, str]] = set()

    def takes(self, record: Record, documents: ReferencedDocuments) -> bool:
        """Return whether the record can be applied together with the run."""
        if not isinstance(record, DocumentRecord) or record.type_name not in _CREATORS:
            return False
        if isinstance(record, InvoiceRecord) and record.status != "finalized":
            return False
        return (
            (record.type_name, record.identity.casefold()) not in self._folded
            and documents.find_fed(record) is None
            and all(
                mention in self._new or documents.has(*mention) for mention in record.references()
            )
        )

    def add(self, entry: Entry) -> None:
        """Add a record for which `takes` is true."""
        record = entry.record
        assert isinstance(record, DocumentRecord)  # noqa: S101  `takes` said so
        self.entries.append(entry)
        self._folded.add((record.type_name, record.identity.casefold()))
        self._new.add((record.type_name, record.identity))


def apply_together(entries: Sequence[Entry], documents: ReferencedDocuments) -> None:
    """Create the documents of the run in the caller's savepoint, all or none.

    Raises FieldError or DomainError for the first that is refused.
    """
    for type_name, create in _CREATORS.items():
        of_type = [entry for entry in entries if entry.record.type_name == type_name]
        if of_type:
            documents.put_created(type_name, create(of_type, documents))


def take_back(entries: Sequence[Entry], documents: ReferencedDocuments) -> None:
    """Forget what a rolled-back run had created."""
    for _, record, _ in entries:
        documents.take_back(record)


def _create_customers(entries: Sequence[Entry], _: ReferencedDocuments) -> Sequence[Fed]:
    new = [
        NewCustomer(
            number=record.number, values=customer_values(record), fed_digest=record.digest()
        )
        for _, record, _ in entries
        if isinstance(record, CustomerRecord)
    ]
    return create_customers(entries=new, origin=entries[0].origin)


def _create_jobs(entries: Sequence[Entry], documents: ReferencedDocuments) -> Sequence[Fed]:
    new = [
        NewJob(
            number=record.number,
            customer=documents.customer_of(record.customer),
            department=documents.departments.get_or_none(record.department, "department"),
            is_imported=record.imported,
            fed_digest=record.digest(),
        )
        for _, record, _ in entries
        if isinstance(record, JobRecord)
    ]
    return create_jobs(entries=new, origin=entries[0].origin)


def _create_invoices(entries: Sequence[Entry], documents: ReferencedDocuments) -> Sequence[Fed]:
    new = [
        NewInvoice(
            number=record.number,
            customer=documents.customer_of(record.customer),
            values=invoice_values(record, documents),
            fed_digest=record.digest(),
            source=origin.source,
        )
        for _, record, origin in entries
        if isinstance(record, InvoiceRecord)
    ]
    return create_finalized_invoices(entries=new, origin=entries[0].origin)


def _take_payments(entries: Sequence[Entry], documents: ReferencedDocuments) -> Sequence[Fed]:
    new = [
        NewPayment(
            number=record.number,
            customer=documents.customer_of(record.customer),
            values=payment_values(record, documents),
            is_settled=record.settled,
            fed_digest=record.digest(),
            source=origin.source,
        )
        for _, record, origin in entries
        if isinstance(record, PaymentRecord)
    ]
    return take_payments(entries=new, origin=entries[0].origin)


_CREATORS: Final[dict[str, Callable[[Sequence[Entry], ReferencedDocuments], Sequence[Fed]]]] = {
    "customer": _create_customers,
    "job": _create_jobs,
    "invoice": _create_invoices,
    "payment": _take_payments,
}
"""Record type → handler, in the order in which records may name each other."""
