"""Paging and sorting of tables: valid URL parameters, and links to other pages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.template import Context
from django.test import RequestFactory
from django.utils import timezone

from sera_batching.tables import Sorting, page_of
from sera_batching.templatetags import sera


@pytest.mark.parametrize(
    ("text", "number", "problem"),
    [
        ("", 1, ""),
        ("2", 2, ""),
        ("3", 3, ""),
        ("4", 3, "There is no page “4”; this is page 3."),
        ("0", 1, "There is no page “0”; this is page 1."),
        ("-1", 1, "There is no page “-1”; this is page 1."),
        ("x" * 50, 1, f"There is no page “{'x' * 20}”; this is page 1."),
        ("9" * 5000, 1, f"There is no page “{'9' * 20}”; this is page 1."),
        ("²", 1, "There is no page “²”; this is page 1."),
    ],
)
def test_a_page_that_is_not_there_is_another_one_and_says_so(
    text: str, number: int, problem: str
) -> None:
    page, message = page_of(range(250), text)
    assert (page.number, message) == (number, problem)


def test_a_known_count_is_not_counted_again() -> None:
    page, _ = page_of(range(250), "2", count=101)
    assert (page.paginator.num_pages, page.end_index(), list(page)) == (2, 101, [100])


def test_page_numbers_have_gaps() -> None:
    page, _ = page_of(range(1300), "7")
    assert list(sera.page_numbers(page)) == [1, "…", 5, 6, 7, 8, 9, "…", 13]


@pytest.mark.parametrize(
    ("text", "expected", "problem"),
    [
        ("", "number", ""),
        ("date", "date", ""),
        ("-date", "-date", ""),
        ("password", "number", "The table cannot be sorted by “password”."),
        ("--date", "number", "The table cannot be sorted by “--date”."),
    ],
)
def test_an_order_that_is_not_there_is_the_default(text: str, expected: str, problem: str) -> None:
    sorting, message = Sorting.read(text, {"number": "", "date": ""}, "number")
    assert (sorting.text, message) == (expected, problem)


def test_a_heading_turns_its_own_order_around() -> None:
    assert Sorting("date").header("date", "Date").link == "-date"
    assert Sorting("date", True).header("date", "Date").link == "date"
    assert Sorting("date", True).header("date", "Date").direction == "descending"
    other = Sorting("date", True).header("number", "Number", "number")
    assert (other.link, other.direction, other.css) == ("number", "none", "number")


def test_money_days_and_moments() -> None:
    noon = datetime(2026, 11, 2, 18, 5, tzinfo=UTC)
    assert (sera.money(-120000), sera.money(None)) == ("-1,200.00", "")
    assert (sera.day(date(2026, 11, 2)), sera.day(None)) == ("11/02/2026", "")
    assert (sera.plain(Decimal("1250.500000")), sera.plain(Decimal(100))) == ("1,250.5", "100")
    assert (sera.rate(Decimal(1250)), sera.rate(Decimal("0.125"))) == ("1,250.00", "0.125")
    assert (sera.plain(None), sera.rate(None)) == ("", "")
    with timezone.override(ZoneInfo("America/Chicago")):
        assert (sera.moment(noon), sera.moment(None)) == ("11/02/2026 12:05", "")
        assert (sera.clock(noon), sera.clock(None)) == ("12:05", "")


def test_a_link_changes_one_thing_of_the_url() -> None:
    context = Context({"request": RequestFactory().get("/?a=1&b=%22%3E&page=3")})
    assert sera.query_with(context, a=2, page=None) == "?a=2&b=%22%3E"
    context["query"] = QueryDict("c=1")
    assert sera.query_with(context) == "?c=1"
    assert sera.query_with(context, c=None) == "?"
