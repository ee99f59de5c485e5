"""Looks up the documents that the lines of one transaction name together, not line by line."""

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.functions import Lower

from feed.fields import FieldError
from feed.records import DocumentRecord, Record
from invoices.models import CreditMemo, Customer, Department, Invoice, Job
from payments.models import Payment, Refund
from sera_batching.models import Fed
from sera_batching.numbers import folded

Document = TypeVar("Document", bound=Model)


class LookupTable(Generic[Document]):
    """Documents of one model by their number, or name; each is looked up once."""

    def __init__(self, noun: str, queryset: QuerySet[Document], field: str = "number") -> None:
        self.noun = noun
        self._queryset = queryset
        self._field = field
        self._found: dict[str, Document] = {}
        self._known: set[str] = set()

    def load(self, numbers: Iterable[str]) -> None:
        """Look up the unknown ones in one statement, by the index on lower(number)."""
        wanted = set(numbers) - self._known
        if not wanted:
            return
        stored = self._queryset.alias(folded=Lower(self._field))
        for document in stored.filter(folded__in=folded(sorted(wanted))):
            self._found[getattr(document, self._field)] = document
        self._known |= wanted

    def find(self, number: str) -> Document | None:
        """Return the document of exactly this number, if there is one."""
        self.load([number])
        return self._found.get(number)

    def get(self, number: str, field: str) -> Document:
        """Return the document; raise FieldError, on the field that names it, if there is none."""
        document = self.find(number)
        if document is None:
            raise FieldError(
                f"there is no {self.noun} “{number}”; send it on an earlier line, or correct this",
                field,
            )
        return document

    def get_or_none(self, number: str | None, field: str) -> Document | None:
        """Return the document, or None for a null."""
        return None if number is None else self.get(number, field)

    def put(self, document: Document) -> None:
        """Remember a document as it has just been written."""
        number = getattr(document, self._field)
        self._known.add(number)
        self._found[number] = document

    def take_back(self, number: str) -> None:
        """Remember that the document does not exist after all."""
        self._known.add(number)
        self._found.pop(number, None)

    def forget(self, number: str) -> None:
        """Look up the document again next time: a refused line may have modified it."""
        self._found.pop(number, None)
        self._known.discard(number)


class ReferencedDocuments:
    """Every document that the lines of one transaction create, change or refer to."""

    def __init__(self) -> None:
        self.departments = LookupTable("department", Department.objects.all(), "name")
        self.customers = LookupTable("customer", Customer.objects.select_related("merged_into"))
        self.jobs = LookupTable("job", Job.objects.select_related("customer", "department"))
        self.invoices = LookupTable("invoice", Invoice.objects.select_related("customer"))
        self.payments = LookupTable("payment", Payment.objects.select_related("customer"))
        self.refunds = LookupTable("refund", Refund.objects.all())
        self.credit_memos = LookupTable("credit memo", CreditMemo.objects.all())
        self._shelves: dict[str, LookupTable[Any]] = {
            "department": self.departments,
            "customer": self.customers,
            "job": self.jobs,
            "invoice": self.invoices,
            "payment": self.payments,
            "refund": self.refunds,
            "credit_memo": self.credit_memos,
        }

    def load(self, records: Iterable[Record]) -> None:
        """Look up all that the records mention; one statement a kind of document."""
        numbers: dict[str, set[str]] = {name: set() for name in self._shelves}
        for name, number in _mentions_of(records):
            numbers[name].add(number)
        for name, shelf in self._shelves.items():
            shelf.load(numbers[name])

    def customer_of(self, number: str) -> Customer:
        """Return the record's customer: after a merge, the survivor for both numbers.

        Raises FieldError, on the field `customer`, if there is none of that number.
        """
        return self.customers.get(number, "customer").survivor

    def find_fed(self, record: DocumentRecord) -> Fed | None:
        """Return the document that the record is about."""
        document: Fed | None = self._shelves[record.type_name].find(record.identity)
        return document

    def put_fed(self, document: Fed, record: DocumentRecord) -> None:
        """Remember what the record made."""
        self._shelves[record.type_name].put(document)

    def put_created(self, type_name: str, created: Iterable[Fed]) -> None:
        """Remember what several records of one type made."""
        for document in created:
            self._shelves[type_name].put(document)

    def has(self, type_name: str, identity: str) -> bool:
        """Return whether a document of this type and number or name exists."""
        return self._shelves[type_name].find(identity) is not None

    def take_back(self, record: Record) -> None:
        """Remember that what a record made does not exist after all."""
        if isinstance(record, DocumentRecord):
            self._shelves[record.type_name].take_back(record.identity)

    def forget(self, record: Record) -> None:
        """Look up again next time all that a refused record names."""
        for name, number in record.mentions():
            self._shelves[name].forget(number)


def _mentions_of(records: Iterable[Record]) -> Iterator[tuple[str, str]]:
    for record in records:
        yield from record.mentions()
