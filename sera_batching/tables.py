"""Paging and sorting of tables as in the URL; invalid values fall back to the default."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from django.core.paginator import Page, Paginator

ROWS_A_PAGE: Final = 100


class CountedPaginator(Paginator[Any]):
    """Pages of rows whose count is already known, so that nothing is counted twice."""

    def __init__(self, rows: Any, *, count: int, per_page: int = ROWS_A_PAGE) -> None:
        super().__init__(rows, per_page)
        self._count = count

    @property
    def count(self) -> int:
        return self._count


def page_of(rows: Any, text: str, *, count: int | None = None) -> tuple[Page[Any], str]:
    """Return the page that the URL names, and what is wrong with it (usually nothing).

    Anything that is no number becomes the first page, a number past the end the last one.
    """
    paginator = (
        Paginator(rows, ROWS_A_PAGE) if count is None else CountedPaginator(rows, count=count)
    )
    page = paginator.get_page(1 if not _is_page_number(text) else int(text))
    wrong = bool(text) and text != str(page.number)
    return page, f"There is no page “{text[:20]}”; this is page {page.number}." if wrong else ""


def _is_page_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text) > 0


def read_choice(text: str, allowed: Collection[str]) -> tuple[str, str]:
    """Return one of the values allowed, or nothing, and what is wrong with another text."""
    if not text or text in allowed:
        return text, ""
    return "", f"“{text[:20]}” isn't one of the choices; everything is shown."


@dataclass(frozen=True, slots=True)
class Header:
    """One column heading; its link sorts by the column, or reverses the order."""

    key: str
    label: str
    css: str
    direction: str
    """ascending, descending or none: the value of aria-sort."""
    link: str
    """The value of `sort` that its link has."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """The column by which a table is sorted; written "date" or "-date" in a URL."""

    key: str
    is_descending: bool = False

    @classmethod
    def read(cls, text: str, allowed: Mapping[str, Any], default: str) -> tuple[Self, str]:
        """Return the order that the URL names, and what is wrong with it."""
        key = text.removeprefix("-")
        if key in allowed:
            return cls(key, text.startswith("-")), ""
        fallback = cls(default.removeprefix("-"), default.startswith("-"))
        problem = f"The table cannot be sorted by “{text[:20]}”." if text else ""
        return fallback, problem

    @property
    def text(self) -> str:
        return f"-{self.key}" if self.is_descending else self.key

    def header(self, key: str, label: str, css: str = "") -> Header:
        """Return the heading of a column."""
        if key != self.key:
            return Header(key, label, css, "none", key)
        direction = "descending" if self.is_descending else "ascending"
        return Header(key, label, css, direction, key if self.is_descending else f"-{key}")
