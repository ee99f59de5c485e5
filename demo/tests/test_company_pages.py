"""Every page of the sample company, as its admin reads it: dates have the company's form only."""

import re
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve, reverse
from pytest_django import DjangoDbBlocker

from accounting.models import BatchItem
from accounting.tests.made_once import made_once
from demo.seeding import seed_demo
from invoices.tests.factories import make_origin, make_user

pytestmark = pytest.mark.django_db

PAGES_OF_A_KIND: Final = 4
ISO_DAY: Final = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d")
"""Names such as “Batch_2026-11-02_1042” keep theirs."""
LEAST_SCREENS: Final = {
    "home",
    "audit",
    "people",
    "settings",
    "accounting:batch",
    "accounting:batch_document",
    "accounting:batch_file",
    "accounting:batch_reversals",
    "accounting:batch_undo",
    "accounting:batches",
    "accounting:completeness",
    "accounting:follow_ups",
    "accounting:pending_revenue",
    "accounting:revenue",
    "accounting:unbatched",
    "backoffice:customer",
    "backoffice:customer_key",
    "backoffice:customers",
    "backoffice:departments",
    "backoffice:invoice_date",
    "backoffice:invoice_edit",
    "backoffice:invoice_void",
    "backoffice:items",
    "backoffice:payment_reallocate",
    "backoffice:payment_refund",
    "integrations:tokens",
    "integrations:uploads",
    "integrations:webhooks",
    "invoices:detail",
    "invoices:list",
    "payments:detail",
    "payments:list",
}


class Page(HTMLParser):
    """The words and the links of a page; code and scripts are not for people."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._silent: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("code", "script", "style"):
            self._silent.append(tag)
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.links.append(href)

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def seed() -> None:
    assert seed_demo(seed=1, invoices=60, origin=make_origin()) is not None


@pytest.fixture(scope="module")
def folder(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """Seed the company once; return the folder of its files."""
    with made_once(seed, django_db_blocker, tmp_path_factory) as (_, folder):
        yield folder


@pytest.fixture
def admin(folder: Path, db: None, var_dir: Path) -> Client:
    shutil.copytree(folder, var_dir, dirs_exist_ok=True)
    client = Client()
    client.force_login(make_user("Admin"))
    return client


def pages(client: Client) -> Iterator[tuple[str, str, Page]]:
    """Yield (name, address, page) for all that links lead to, a few of each kind."""
    seen = Counter[str]()
    sent = BatchItem.objects.latest("pk")
    known = {"/", reverse("accounting:batch_document", args=[sent.batch_id, sent.pk])}
    waiting = deque(known)
    while waiting:
        address = waiting.popleft()
        name = resolve(urlsplit(address).path).view_name
        seen[name] += 1
        if seen[name] > PAGES_OF_A_KIND or name.startswith("admin:"):
            continue
        answer = client.get(address)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            answer.getvalue()  # a file is closed once it has been read
            continue
        page = Page(answer.content.decode())
        yield name, address, page
        for link in page.links:
            next_address = urldefrag(urljoin(address, link)).url
            if next_address.startswith("/") and next_address not in known:
                known.add(next_address)
                waiting.append(next_address)


def test_no_page_writes_a_date_in_another_form(admin: Client) -> None:
    screens = set()
    found = {}
    for name, address, page in pages(admin):
        screens.add(name)
        if dates := ISO_DAY.findall(" ".join(page.words)):
            found[address] = dates
    assert found == {}
    assert screens >= LEAST_SCREENS


def test_a_date_in_another_form_is_found() -> None:
    page = Page(
        '<p title="2026-11-01">Batch_2026-11-02_1042 of 2026-11-03, <code>2026-11-04</code>'
    )
    assert ISO_DAY.findall(" ".join(page.words)) == ["2026-11-03"]
