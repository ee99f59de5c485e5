"""What the pages of this app read from URLs and forms."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from django.http import QueryDict

from accounting.models.kinds import INVOICES_TAB_KINDS, PAYMENTS_TAB_KINDS
from accounting.unbatched.departments import (
    DepartmentFilter,
    department_choices,
    departments_to_choose,
)
from accounting.unbatched.filters import Filters
from sera_batching.exceptions import Refused
from sera_batching.filters import ChoiceFilter, DayFilter, FilterForm, SearchFilter

MOST_TICKS: Final = 500
"""Rows that one request may tick: five pages. The header checkbox is for more."""

_TICK: Final = re.compile(r"(invoice|credit_memo|payment|refund):([1-9][0-9]{0,17})")


class UnbatchedFilterForm(FilterForm):
    """The filters of Unbatched; its valid values are the arguments of `Filters`."""

    date_from = DayFilter("From")
    date_to = DayFilter("To")
    department = DepartmentFilter()
    kind = ChoiceFilter(
        "Kind",
        [
            ("Invoices", [(kind.value, kind.label) for kind in INVOICES_TAB_KINDS]),
            ("Payments", [(kind.value, kind.label) for kind in PAYMENTS_TAB_KINDS]),
        ],
        empty_value=None,
    )
    search = SearchFilter(hint="Number or customer")

    def __init__(self, query: QueryDict, *, profile: str, kept: Mapping[str, str]) -> None:
        super().__init__(query, kept=kept)
        chosen = query.get("department", "")
        self.offer(
            "department", lambda: department_choices(departments_to_choose(profile, chosen=chosen))
        )


def filter_parameters(filters: Filters) -> dict[str, str]:
    """Return the filters as URL parameters, without those that are not set."""
    return {name: str(value) for name, value in filters.to_json().items() if value}


def read_ticks(values: Iterable[str]) -> list[tuple[str, int]]:
    """Return "invoice:12" as ("invoice", 12); Refused for too many, or for a malformed one."""
    texts = list(values)
    if len(texts) > MOST_TICKS:
        raise Refused(
            f"At most {MOST_TICKS} rows can be selected at once; you sent {len(texts)}. The "
            "box at the top of the table selects every row that matches."
        )
    found = []
    for text in texts:
        match = _TICK.fullmatch(text)
        if match is None:
            raise Refused("That row isn't in this table. Reload the page.")
        found.append((match[1], int(match[2])))
    return found
