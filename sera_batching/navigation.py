"""The navigation: which pages there are, and which of them a user may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Page:
    """One page of the navigation, under its header."""

    header: str
    label: str
    view_name: str
    permission: str


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


PAGES: Final = (
    Page("", "Home", "home", "accounting.view_unbatched"),
    Page("Accounting", "Unbatched", "accounting:unbatched", "accounting.view_unbatched"),
    Page("Reports: Accounting", "Previous Batches", "accounting:batches", "accounting.view_batch"),
    Page("Reports: Accounting", "Revenue", "accounting:revenue", "accounting.view_unbatched"),
    Page(
        "Reports: Accounting",
        "Pending Revenue",
        "accounting:pending_revenue",
        "accounting.view_unbatched",
    ),
    Page(
        "Reports: Accounting",
        "Completeness",
        "accounting:completeness",
        "accounting.view_unbatched",
    ),
    Page("", "Invoices", "invoices:list", "invoices.view_invoice"),
    Page("", "Payments", "payments:list", "payments.view_payment"),
    Page("", "Customers", "backoffice:customers", "invoices.view_invoice"),
    Page("", "Fix in QuickBooks", "accounting:follow_ups", "accounting.work_follow_ups"),
    Page("", "Audit trail", "audit", "sera_batching.view_auditevent"),
    Page("Settings", "Company", "settings", "sera_batching.change_company"),
    Page("Settings", "Departments", "backoffice:departments", "invoices.view_catalogue"),
    Page("Settings", "Items", "backoffice:items", "invoices.view_catalogue"),
    Page("Settings", "Classes", "backoffice:classes", "invoices.view_catalogue"),
    Page("Settings", "Users", "people", "sera_batching.view_user"),
    Page("Settings", "Tokens", "integrations:tokens", "integrations.manage_tokens"),
    Page("Settings", "Webhooks", "integrations:webhooks", "integrations.manage_webhooks"),
    Page("Settings", "Uploads", "integrations:uploads", "accounting.import_feed"),
)

COUNTERS: Final[dict[str, Callable[[], int]]] = {}
"""View name → what counts the things that wait there; an app adds its own when it is ready."""


def address_of(view_name: str) -> str:
    """Return the address of a page, empty when the URLconf has no page of that name."""
    try:
        return reverse(view_name)
    except NoReverseMatch:
        return ""


def nearest_of(path: str, urls: Iterable[str]) -> str:
    """Return which page the address is on or, most closely, below; empty when none."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(above, key=len, default="")


def entry_of(page: Page, url: str, path: str, nearest: str) -> Entry:
    """Return a page as it stands in the navigation of the page at `path`."""
    counter = COUNTERS.get(page.view_name)
    mark = "page" if path == url else "true" if url == nearest else ""
    return Entry(page.label, url, mark, counter() if counter else 0)


def groups_for(request: HttpRequest) -> list[Group]:
    """Return the pages that the user may see, in their order, by header."""
    addressed = [
        (page, url)
        for page in PAGES
        if request.user.has_perm(page.permission) and (url := address_of(page.view_name))
    ]
    nearest = nearest_of(request.path, (url for _, url in addressed))
    return [
        Group(header, [entry_of(page, url, request.path, nearest) for page, url in pages])
        for header, pages in groupby(addressed, key=lambda pair: pair[0].header)
    ]
