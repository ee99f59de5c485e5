"""What narrows a list: forms that read a query string, for components/filter_bar.html (ADR 28)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.choices import flatten_choices

from sera_batching.date_texts import day_text

LONGEST_SEARCH: Final = 100
_DATE_FORMATS: Final = ("%Y-%m-%d", "%m/%d/%Y")
_SHOWN: Final = 20
"""Characters of a refused value that a message repeats."""


class DayFilter(forms.DateField):
    """A day, as 2026-11-02 or 11/02/2026."""

    def __init__(self, label: str) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(label=label, required=False, input_formats=_DATE_FORMATS, widget=widget)

    def to_python(self, value: Any) -> date | None:
        """Return the day; ValidationError for a text that is none."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(f"“{value[:_SHOWN]}” is not a date.") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the browser's date field can show, however the day was written."""
        try:
            return self.to_python(data)
        except ValidationError:
            return data


class MomentDayFilter(DayFilter):
    """A day whose moments are looked for."""

    def to_python(self, value: Any) -> date | None:
        """Return the day; ValidationError for one with moments that no other time zone has."""
        day = super().to_python(value)
        if day and day.year in (date.min.year, date.max.year):
            raise ValidationError(f"“{value[:_SHOWN]}” is not a date.")
        return day


class ChoiceFilter(forms.TypedChoiceField):
    """One of some values; `blank` is what the page calls all of them."""

    def __init__(
        self, label: str, choices: Any = (), *, blank: str = "All", **options: Any
    ) -> None:
        self.blank = ("", blank)
        super().__init__(label=label, required=False, choices=[self.blank, *choices], **options)

    def validate(self, value: Any) -> None:
        """Refuse a value that the page does not offer."""
        if value and not self.valid_value(value):
            raise ValidationError(f"“{value[:_SHOWN]}” is not one of the choices.")


class SearchFilter(forms.CharField):
    """A part of a number, of a name or of another text."""

    def __init__(self, label: str = "Search", *, hint: str = "") -> None:
        attributes = {"type": "search", "autocomplete": "off"} | (
            {"placeholder": hint} if hint else {}
        )
        super().__init__(
            label=label,
            required=False,
            max_length=LONGEST_SEARCH,
            widget=forms.TextInput(attrs=attributes),
            error_messages={"max_length": f"Enter at most {LONGEST_SEARCH} characters."},
        )

    def validate(self, value: Any) -> None:
        """Refuse a text that no number and no name can have."""
        if not value.isprintable():
            raise ValidationError("Control characters cannot be searched for.")


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set, and the query string without it."""

    label: str
    link: str


class FilterForm(forms.Form):
    """The filters of a list, read from its query string: what makes no sense counts as not set.

    `kept` is what else the page's links and its form keep: the order, the table in sight.
    """

    url_names: ClassVar[Mapping[str, str]] = {
        "date_from": "from",
        "date_to": "to",
        "text": "q",
    }
    """Field → its name in the query string, where they differ."""
    said_when_blank: ClassVar[Collection[str]] = ()
    """Fields with a default, which the query string must name to say that they are not set."""

    def __init__(self, query: QueryDict, *, kept: Mapping[str, str] | None = None) -> None:
        super().__init__(query, auto_id="filter-%s")
        self.kept = kept or {}

    def add_prefix(self, field_name: str) -> str:
        return self.url_names.get(field_name, field_name)

    def offer(self, name: str, choices: Callable[[], Iterable[tuple[Any, str]]]) -> None:
        """Give a field its choices; they are asked for once, and only if they are needed."""
        field = self.fields[name]
        assert isinstance(field, ChoiceFilter)  # noqa: S101 - declared by the same form
        blank = field.blank
        field.choices = cache(lambda: [blank, *choices()])

    @property
    def understood(self) -> dict[str, Any]:
        """The values that make sense, by field."""
        self.is_valid()
        return self.cleaned_data

    @property
    def is_narrowed(self) -> bool:
        return any(self.understood.values())

    @property
    def problems(self) -> list[str]:
        """What is wrong with the query string, in sentences."""
        found = [
            f"{self.fields[name].label}: {error} This filter is ignored."
            for name, errors in self.errors.items()
            for error in errors
        ]
        first, last = (self.understood.get(name) for name in ("date_from", "date_to"))
        if first and last and first > last:
            found.append("From is later than To, so nothing can match.")
        return found

    @property
    def parameters(self) -> dict[str, str]:
        """What the query string says that makes sense."""
        return self._parameters(without=())

    @property
    def chips(self) -> list[Chip]:
        """Each filter that is set, in the order of the form."""
        return [
            Chip(
                f"{self.fields[name].label}: {self._in_words(name, value)}",
                self._query(without=[name]),
            )
            for name, value in self.understood.items()
            if value
        ]

    @property
    def cleared(self) -> str:
        """The query string without any filter."""
        return self._query(without=self.fields)

    def _query(self, *, without: Collection[str]) -> str:
        return f"?{urlencode(self._parameters(without=without))}"

    def _parameters(self, *, without: Collection[str]) -> dict[str, str]:
        said = {
            name: self.data[self.add_prefix(name)]
            for name, value in self.understood.items()
            if value and name not in without
        }
        blanks = dict.fromkeys(self.said_when_blank, "")
        return {self.add_prefix(name): text for name, text in (blanks | said).items()} | dict(
            self.kept
        )

    def _in_words(self, name: str, value: Any) -> str:
        if isinstance(value, date):
            return day_text(value)
        field, text = self.fields[name], str(self.data[self.add_prefix(name)])
        if isinstance(field, ChoiceFilter):
            flat: Any = flatten_choices(field.choices)  # type: ignore[arg-type]
            return {str(key): str(label) for key, label in flat}[text]
        return text


class SearchForm(FilterForm):
    """A search alone."""

    text = SearchFilter()
