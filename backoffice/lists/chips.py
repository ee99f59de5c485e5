"""What narrows a list, in a word each, and the address without it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from accounting.unbatched.filters import NO_DEPARTMENT
from backoffice.lists.filters import BOOKS, DocumentFilters
from invoices.models import Department


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set, and the query string that takes it away."""

    label: str
    link: str


def chips_of(
    filters: DocumentFilters,
    query: QueryDict,
    *,
    status_name: str,
    statuses: Mapping[str, str],
    departments: Iterable[Department],
    balance_label: str,
) -> list[Chip]:
    """Return a chip for each filter that is set, in the order of the form."""
    names: dict[int | str | None, str] = {one.pk: one.name for one in departments}
    names[NO_DEPARTMENT] = "none"
    day_from, day_to = filters.date_from, filters.date_to
    department = filters.department
    said = {
        "q": f"“{filters.text}”" if filters.text else "",
        status_name: statuses.get(filters.status, ""),
        "books": BOOKS.get(filters.books, ""),
        "from": f"From {day_from:%m/%d/%Y}" if day_from else "",
        "to": f"To {day_to:%m/%d/%Y}" if day_to else "",
        "department": f"Department: {names[department]}" if department in names else "",
        "customer": f"Customer {filters.customer}" if filters.customer else "",
        "balance": f"{balance_label}: more than nothing" if filters.is_open else "",
    }
    return [Chip(label, _without(query, name)) for name, label in said.items() if label]


def _without(query: QueryDict, name: str) -> str:
    rest = query.copy()
    for each in (name, "page"):
        rest.pop(each, None)
    return f"?{rest.urlencode()}"
