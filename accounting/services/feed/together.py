"""Records that are applied together: a run of new documents, in a constant number of statements.

The result is what one by one would give. A run that is refused is halved until the bad line stands
alone, where it tells what is wrong with it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from accounting.services.feed.documents import Documents
from accounting.services.feed.fields import FieldError
from accounting.services.feed.records import InvoiceRecord, PaymentRecord, Record
from accounting.services.feed.values import invoice_values, payment_values
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from payments.services.bulk import NewPayment, take_payments
from sera_batching.origin import Origin


class Entry(NamedTuple):
    """A record, its line, and who brings it from where."""

    line: int
    record: Record
    origin: Origin


class Run:
    """New finalized invoices and new payments on consecutive lines.

    The invoices are created first, which changes nothing: a payment only goes along if the
    invoices that it names come before it.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._folded: set[tuple[str, str]] = set()
        self._invoices: set[str] = set()

    def takes(self, record: Record | FieldError, documents: Documents) -> bool:
        """Tell whether the record can be applied together with those of the run."""
        if isinstance(record, InvoiceRecord):
            can_go_along = record.status == "finalized"
        elif isinstance(record, PaymentRecord):
            can_go_along = all(
                allocation.invoice in self._invoices
                or documents.invoices.find(allocation.invoice) is not None
                for allocation in record.allocations
            )
        else:
            return False
        key = (record.type_name, record.number.casefold())
        return can_go_along and key not in self._folded and documents.find_fed(record) is None

    def add(self, entry: Entry) -> None:
        record = entry.record
        assert isinstance(record, InvoiceRecord | PaymentRecord)  # noqa: S101  `takes` said so
        self.entries.append(entry)
        self._folded.add((record.type_name, record.number.casefold()))
        if isinstance(record, InvoiceRecord):
            self._invoices.add(record.number)


def apply_together(entries: Sequence[Entry], documents: Documents) -> None:
    """Create the documents of a run, inside the caller's savepoint, all or none.

    Raises FieldError or DomainError for the first that is refused.
    """
    _create_invoices(entries, documents)
    _take_payments(entries, documents)


def take_back(entries: Sequence[Entry], documents: Documents) -> None:
    """Forget what a run that was rolled back had created."""
    for _, record, _ in entries:
        if isinstance(record, InvoiceRecord):
            documents.invoices.take_back(record.number)
        elif isinstance(record, PaymentRecord):
            documents.payments.take_back(record.number)


def _create_invoices(entries: Sequence[Entry], documents: Documents) -> None:
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
    if new:
        for invoice in create_finalized_invoices(entries=new, origin=entries[0].origin):
            documents.invoices.put(invoice)


def _take_payments(entries: Sequence[Entry], documents: Documents) -> None:
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
    if new:
        for payment in take_payments(entries=new, origin=entries[0].origin):
            documents.payments.put(payment)
