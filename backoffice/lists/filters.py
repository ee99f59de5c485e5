"""The filters of a list of documents, as in its URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.http import QueryDict

from accounting.unbatched.departments import DepartmentFilter, department_choices
from accounting.unbatched.filters import in_department
from invoices.models import Customer, Department, Invoice
from payments.models import Payment
from sera_batching.days import on_days
from sera_batching.filters import ChoiceFilter, DayFilter, FilterForm, SearchFilter

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
"""Name of a document's state in the books in the URL → its label."""


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

    def condition(self) -> Q:
        """Return what invoices and payments have in common, all but text, status and books."""
        condition = Q()
        if self.customer:
            condition &= Q(customer__in=_survivors(folded_number=Lower(Value(self.customer))))
        condition &= on_days("date", self.date_from, self.date_to)
        condition &= in_department("department", self.department)
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


class CustomerNumberFilter(SearchFilter):
    """The whole number of a customer, case ignored."""

    def validate(self, value: Any) -> None:
        """Refuse a number that no customer has."""
        super().validate(value)
        if value and not _survivors(folded_number=Lower(Value(value))).exists():
            raise ValidationError(f"No customer has the number “{value[:20]}”.")


class BalanceFilter(ChoiceFilter):
    """Only documents with something to pay, or left to allocate; or any."""

    def __init__(self, label: str) -> None:
        choices = [("open", "Above 0.00")]
        super().__init__(label, choices, blank="Any", coerce=bool, empty_value=False)


class DocumentFilterForm(FilterForm):
    """The filters of a list of documents; what it understands are those of `DocumentFilters`."""

    url_names = {**FilterForm.url_names, "is_open": "balance"}

    text = SearchFilter()
    status = ChoiceFilter("Status")
    books = ChoiceFilter("Books", BOOKS.items())
    date_from = DayFilter("From")
    date_to = DayFilter("To")
    department = DepartmentFilter()
    customer = CustomerNumberFilter("Customer number")
    is_open: ChoiceFilter = BalanceFilter("Open")

    def __init__(self, query: QueryDict, *, kept: Mapping[str, str] | None = None) -> None:
        super().__init__(query, kept=kept)
        self.offer("department", lambda: department_choices(Department.objects.order_by("name")))


class InvoiceFilterForm(DocumentFilterForm):
    """The filters of the list of invoices."""

    text = SearchFilter(hint="Number or customer")
    status = ChoiceFilter("Status", Invoice.Status.choices)


class PaymentFilterForm(DocumentFilterForm):
    """The filters of the list of payments."""

    text = SearchFilter(hint="Number, reference, customer")
    status = ChoiceFilter("State", Payment.State.choices)
    is_open = ChoiceFilter(
        "Not allocated",
        [("open", "Above 0.00")],
        blank="Any",
        coerce=bool,
        empty_value=False,
    )
    url_names = {**DocumentFilterForm.url_names, "status": "state"}
