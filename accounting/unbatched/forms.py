"""What the pages of this app read from addresses and forms."""

import re
from collections.abc import Iterable
from typing import ClassVar, Final

from django import forms
from django.http import QueryDict

from accounting.models.kinds import INVOICES_TAB_KINDS, PAYMENTS_TAB_KINDS
from accounting.unbatched.departments import departments_to_choose
from accounting.unbatched.filters import NO_DEPARTMENT, Filters
from sera_batching.exceptions import Refused

LONGEST_SEARCH: Final = 100
MOST_TICKS: Final = 500
"""Rows that one request may tick: five pages; more at once is what the header box is for."""

_DATE_FORMATS: Final = ("%Y-%m-%d", "%m/%d/%Y")
_TICK: Final = re.compile(r"(invoice|credit_memo|payment|refund):([1-9][0-9]{0,17})")


class FiltersForm(forms.Form):
    """The filters of Unbatched, in the address as from, to, department, kind and search."""

    date_from = forms.DateField(label="From", required=False, input_formats=_DATE_FORMATS)
    date_to = forms.DateField(label="To", required=False, input_formats=_DATE_FORMATS)
    department = forms.ChoiceField(label="Department", required=False)
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        choices=[
            ("", "All"),
            ("Invoices", [(kind.value, kind.label) for kind in INVOICES_TAB_KINDS]),
            ("Payments", [(kind.value, kind.label) for kind in PAYMENTS_TAB_KINDS]),
        ],
    )
    search = forms.CharField(label="Search", required=False, max_length=LONGEST_SEARCH)

    _names: ClassVar = {"date_from": "from", "date_to": "to"}

    def __init__(self, values: QueryDict, *, profile: str) -> None:
        super().__init__(values)
        chosen = values.get("department", "")
        departments = departments_to_choose(profile, chosen=chosen)
        department = self.fields["department"]
        assert isinstance(department, forms.ChoiceField)  # noqa: S101 - declared above
        department.choices = [
            ("", "All"),
            (NO_DEPARTMENT, "No department"),
            *((str(one.pk), _department_label(one.name, one.is_archived)) for one in departments),
        ]
        for name in ("date_from", "date_to"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        self.fields["search"].widget = forms.TextInput(
            attrs={"type": "search", "placeholder": "Number or customer", "autocomplete": "off"}
        )

    def add_prefix(self, field_name: str) -> str:
        return self._names.get(field_name, field_name)

    def read(self) -> tuple[Filters, list[str]]:
        """Return the filters that make sense, and what is wrong with the others."""
        problems = [
            f"{self.fields[name].label}: {error} That filter is ignored."
            for name, errors in self.errors.items()
            for error in errors
        ]
        values = self.cleaned_data
        date_from, date_to = values.get("date_from"), values.get("date_to")
        if date_from and date_to and date_from > date_to:
            problems.append("From is later than To, so nothing can match.")
        filters = Filters(
            date_from=date_from,
            date_to=date_to,
            department=_read_department(values.get("department", "")),
            kind=values.get("kind") or None,
            search=values.get("search", ""),
        )
        return filters, problems


def filter_parameters(filters: Filters) -> dict[str, str]:
    """Return the filters as an address writes them; those that are not set are left out."""
    return {name: str(value) for name, value in filters.to_json().items() if value}


def _department_label(name: str, is_archived: bool) -> str:
    return f"{name} (archived)" if is_archived else name


def _read_department(text: str) -> int | str | None:
    if text in ("", NO_DEPARTMENT):
        return text or None
    return int(text)


def read_ticks(values: Iterable[str]) -> list[tuple[str, int]]:
    """Return "invoice:12" as ("invoice", 12); Refused for too many, or for what is no such row."""
    texts = list(values)
    if len(texts) > MOST_TICKS:
        raise Refused(
            f"At most {MOST_TICKS} rows can be ticked at once; these are {len(texts)}. "
            "The box at the head of the table ticks all that match."
        )
    found = []
    for text in texts:
        match = _TICK.fullmatch(text)
        if match is None:
            raise Refused("That is no row of this table. Reload the page.")
        found.append((match[1], int(match[2])))
    return found
