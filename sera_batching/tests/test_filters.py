"""How a filter form reads a query string, and how it reports invalid values."""

from datetime import date

import pytest
from django.http import QueryDict

from sera_batching.filters import (
    Chip,
    ChoiceFilter,
    DayFilter,
    FilterForm,
    MomentDayFilter,
    SearchFilter,
)


class OrderFilterForm(FilterForm):
    """Filters of every kind; a day of dispatch has a default."""

    date_from = DayFilter("From")
    date_to = DayFilter("To")
    sent = MomentDayFilter("Sent")
    color = ChoiceFilter("Color", [("red", "Red"), ("Others", [(7, "Blue")])])
    text = SearchFilter(hint="Number")

    said_when_blank = ("sent",)


def form_of(query: str, **kept: str) -> OrderFilterForm:
    return OrderFilterForm(QueryDict(query), kept=kept)


def test_nothing_asked_for_is_no_filter() -> None:
    form = form_of("page=3&utm=x")
    assert (form.is_narrowed, form.problems, form.chips) == (False, [], [])
    assert form.cleared == "?sent="


@pytest.mark.parametrize("text", ["2026-11-02", "11/02/2026", " 2026-11-02 "])
def test_a_day_is_written_in_either_way(text: str) -> None:
    form = form_of(f"from={text}")
    assert form.understood["date_from"] == date(2026, 11, 2)
    assert 'value="2026-11-02"' in str(form["date_from"])
    assert form.chips[0].label == "From: 11/02/2026"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=2026-13-40", "From: “2026-13-40” is not a date."),
        ("to=13/01/2026", "To: “13/01/2026” is not a date."),
        ("sent=0001-01-01", "Sent: “0001-01-01” is not a date."),
        ("sent=9999-12-31", "Sent: “9999-12-31” is not a date."),
        ("from=" + "9" * 400, f"From: “{'9' * 20}” is not a date."),
        ("color=green", "Color: “green” is not one of the choices."),
        ("color=" + "x" * 400, f"Color: “{'x' * 20}” is not one of the choices."),
        ("q=" + "x" * 101, "Search: Enter at most 100 characters."),
        ("q=a%00b", "Search: Control characters cannot be searched for."),
        ("q=a%07b", "Search: Control characters cannot be searched for."),
    ],
)
def test_what_makes_no_sense_is_ignored_and_named(query: str, problem: str) -> None:
    form = form_of(query)
    assert form.problems == [f"{problem} This filter is ignored."]
    assert not form.is_narrowed
    assert form.cleared == "?sent="


def test_a_first_day_after_the_last_one_finds_nothing_and_says_so() -> None:
    form = form_of("from=2026-11-03&to=2026-11-02")
    assert form.problems == ["From is later than To, so nothing can match."]
    assert form.is_narrowed


def test_any_day_of_a_document_is_a_filter() -> None:
    form = form_of("from=0001-01-01&to=9999-12-31")
    assert form.problems == []


def test_a_chip_takes_one_filter_away_and_keeps_the_rest() -> None:
    form = form_of("q=a%26b&color=7&from=2026-11-02&to=nonsense&page=2", sort="-total", tab="paid")
    assert form.chips == [
        Chip("From: 11/02/2026", "?sent=&color=7&q=a%26b&sort=-total&tab=paid"),
        Chip("Color: Blue", "?sent=&from=2026-11-02&q=a%26b&sort=-total&tab=paid"),
        Chip("Search: a&b", "?sent=&from=2026-11-02&color=7&sort=-total&tab=paid"),
    ]
    assert form.cleared == "?sent=&sort=-total&tab=paid"
    assert form.parameters == {
        "sent": "",
        "from": "2026-11-02",
        "color": "7",
        "q": "a&b",
        "sort": "-total",
        "tab": "paid",
    }


def test_choices_are_asked_for_once_and_only_if_needed() -> None:
    asked = []

    def colors() -> list[tuple[str, str]]:
        asked.append("colors")
        return [("white", "White")]

    form = form_of("q=1")
    form.offer("color", colors)
    assert (form.understood["color"], asked) == ("", [])
    form = form_of("color=white")
    form.offer("color", colors)
    assert [chip.label for chip in form.chips] == ["Color: White"]
    assert ">White</option>" in str(form["color"])
    assert asked == ["colors"]
