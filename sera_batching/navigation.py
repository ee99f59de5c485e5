"""The navigation: each app registers its pages, and a user is shown those that they may see."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Page:
    """One page of the navigation, under its header; the lower position comes first.

    Neighbors of the same header stand under it together.
    """

    position: int
    header: str
    label: str
    view_name: str
    permission: str
    count: Callable[[], int] | None = None
    """Counts the things that wait there for a person."""


@dataclass(frozen=True)
class Entry:
    """A page as one user sees it.

    `current` is the value of aria-current; `count` tells how many things wait there for a person.
    """

    label: str
    url: str
    current: str
    count: int


@dataclass(frozen=True)
class Group:
    """Entries under one header; pages without a header stand together under none."""

    header: str
    entries: list[Entry]


class Menu:
    """The pages that the apps have registered, in the order of their positions."""

    def __init__(self) -> None:
        self._pages: list[Page] = []

    def register(self, *pages: Page) -> None:
        """Add pages; an app calls this for its own."""
        self._pages = sorted([*self._pages, *pages], key=lambda page: page.position)

    def pages_for(self, request: HttpRequest) -> list[tuple[Page, str]]:
        """Return the pages that the user may see, each with its URL."""
        return [
            (page, url)
            for page in self._pages
            if request.user.has_perm(page.permission) and (url := url_of(page.view_name))
        ]


NAVIGATION: Final = Menu()

USER_MENU: Final = Menu()
"""What the apps add to the menu under the user's name; these pages have no header."""

_DETAIL_PAGES: Final[dict[str, str]] = {}
"""Model, such as "invoices.invoice" → name of the view that shows one object of it."""


def register_detail_pages(view_names: Mapping[str, str]) -> None:
    """Name the view that shows one object of a model; an app calls this for its own pages."""
    _DETAIL_PAGES.update(view_names)


def detail_url(model: str, key: object) -> str:
    """Return the URL of the page of one object, empty if no app has such a page."""
    view_name = _DETAIL_PAGES.get(model, "")
    try:
        return reverse(view_name, args=[key]) if view_name else ""
    except NoReverseMatch:
        return ""


def url_of(view_name: str) -> str:
    """Return the URL of a page, empty if the URLconf has no page of that name."""
    try:
        return reverse(view_name)
    except NoReverseMatch:
        return ""


def nearest_of(path: str, urls: Iterable[str]) -> str:
    """Return the page at the path or the nearest one above it, empty if there is none."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(above, key=len, default="")


def entry_of(page: Page, url: str, path: str, nearest: str) -> Entry:
    """Return a page as it stands in the navigation of the page at `path`."""
    mark = "page" if path == url else "true" if url == nearest else ""
    return Entry(page.label, url, mark, page.count() if page.count else 0)


def groups_for(request: HttpRequest) -> list[Group]:
    """Return the pages that the user may see, in their order, by header."""
    pages_with_urls = NAVIGATION.pages_for(request)
    nearest = nearest_of(request.path, (url for _, url in pages_with_urls))
    return [
        Group(header, [entry_of(page, url, request.path, nearest) for page, url in pages])
        for header, pages in groupby(pages_with_urls, key=lambda pair: pair[0].header)
    ]


def user_menu_for(request: HttpRequest) -> list[Entry]:
    """Return what the apps add to the menu of the user's name, as far as the user may see it."""
    return [entry_of(page, url, request.path, "") for page, url in USER_MENU.pages_for(request)]


NAVIGATION.register(
    Page(110, "", "Audit trail", "audit", "sera_batching.view_auditevent"),
    Page(120, "Settings", "Company", "settings", "sera_batching.change_company"),
    Page(160, "Settings", "Users", "people", "sera_batching.view_user"),
)
