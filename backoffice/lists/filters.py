"""What narrows a list of documents, as its address says it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower

from accounting.unbatched.departments import read_department
from accounting.unbatched.filters import NO_DEPARTMENT
from invoices.models import Customer
from sera_batching.days import read_day
from sera_batching.tables import read_choice, read_search

IN_BOOKS: Final = "in"
NOT_IN_BOOKS: Final = "not-in"
NEEDS_BATCHING: Final = "unbatched"
CHANGED: Final = "changed"
HELD: Final = "held"
BOOKS: Final[Mapping[str, str]] = {
    NEEDS_BATCHING: "Unbatched",
    IN_BOOKS: "In the books",
    NOT_IN_BOOKS: "Not in the books",
    CHANGED: "Changed since its batch",
    HELD: "Do Not Batch",
}
"""What the address calls how a document stands in the books → what the page does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilters:
    """All of them together; dates are the documents' own, inclusive; a department is an id."""

    text: str = ""
    status: str = ""
    date_from: date | None = None
    date_to: date | None = None
    department: int | str | None = None
    customer: str = ""
    """The whole number of a customer."""
    books: str = ""
    is_open: bool = False
    """Only documents with something to pay, or left to allocate."""

    @property
    def are_set(self) -> bool:
        return self != DocumentFilters()

    @classmethod
    def read(
        cls, query: Mapping[str, str], *, statuses: Collection[str], status_name: str
    ) -> tuple[Self, list[str]]:
        """Return the filters of an address, and what is wrong with those that cannot be read.

        `status_name` is what the address calls the status.
        """
        balance, balance_problem = read_choice(query.get("balance", ""), ("open",))
        found: dict[str, tuple[Any, str]] = {
            "text": read_search(query.get("q", "")),
            "status": read_choice(query.get(status_name, ""), statuses),
            "date_from": read_day(query.get("from", "")),
            "date_to": read_day(query.get("to", "")),
            "department": read_department(query.get("department", "")),
            "customer": _read_customer(query.get("customer", "")),
            "books": read_choice(query.get("books", ""), BOOKS),
            "is_open": (balance == "open", balance_problem),
        }
        filters = cls(**{name: value for name, (value, _) in found.items()})
        return filters, [problem for _, problem in found.values() if problem]

    def condition(self) -> Q:
        """Return what invoices and payments have in common, all but text, status and books."""
        condition = Q()
        if self.customer:
            condition &= Q(customer__in=_survivors(folded_number=Lower(Value(self.customer))))
        if self.date_from:
            condition &= Q(date__gte=self.date_from)
        if self.date_to:
            condition &= Q(date__lte=self.date_to)
        if self.department == NO_DEPARTMENT:
            condition &= Q(department__isnull=True)
        elif self.department is not None:
            condition &= Q(department=self.department)
        if self.is_open:
            condition &= Q(open_cents__gt=0)
        return condition

    def text_condition(self, *folded: str) -> Q:
        """Return what finds the text in these columns of small letters, or in the customer's name.

        A customer that was merged is found by its old name, too.
        """
        if not self.text:
            return Q()
        found = Q(customer__in=_survivors(name__icontains=self.text))
        for column in folded:
            found |= Q(**{f"{column}__contains": Lower(Value(self.text))})
        return found


def _survivors(**condition: Any) -> QuerySet[Customer, Any]:
    """Return, as a subquery, who stands today for the customers that meet the condition."""
    return (
        Customer.objects.alias(folded_number=Lower("number"))
        .filter(**condition)
        .order_by()
        .values_list(Coalesce("merged_into", "pk"))
    )


def _read_customer(text: str) -> tuple[str, str]:
    number, problem = read_search(text)
    if number and not _survivors(folded_number=Lower(Value(number))).exists():
        return "", f"There is no customer with the number “{number[:20]}”; all are shown."
    return number, problem
