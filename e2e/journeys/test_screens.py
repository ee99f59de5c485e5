"""Every screen in a real browser: axe finds nothing in either theme, and nothing overflows."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from e2e.application import Demo, environment, running
from e2e.conftest import COLOUR_RULES, accessibility_violations, overflows, watched_pages
from e2e.journeys.conftest import OpenPage, keep_picture, sign_in

SCREENS: Final = {
    "home": "/",
    "sign-in": "/sign-in/",
    "unbatched-invoices": "/unbatched/",
    "unbatched-payments": "/unbatched/?tab=payments&sort=-amount",
    "unbatched-no-match": "/unbatched/?search=nothing-has-this",
    "unbatched-nonsense": "/unbatched/?from=2026-13-40&sort=password&page=-1",
    "completeness": "/reports/completeness/",
    "revenue": "/reports/revenue/",
    "revenue-no-match": "/reports/revenue/?from=2099-01-01",
    "pending-revenue": "/reports/pending-revenue/",
    "audit": "/audit/",
    "audit-no-match": "/audit/?q=nothing-has-this&from=2026-13-40",
    "batches": "/batches/",
    "batches-no-match": "/batches/?status=building&number=4711",
    "batch-ready": "/batches/1/",
    "batch-warnings": "/batches/1/files/7/",
    "batch-failed": "/batches/2/",
    "batch-opening": "/batches/0/",
    "undo": "/batches/1/undo/",
    "undo-refused": "/batches/1/undo/?",
    "release": "/batches/2/release/",
    "reversals": "/batches/1/reversals/",
    "follow-ups": "/follow-ups/",
    "follow-ups-done": "/follow-ups/?status=done",
    "customers": "/customers/",
    "customer": "/customers/1/",
    "customer-key": "/customers/1/key/",
    "customer-merge": "/customers/1/merge/?q=a",
    "customer-merge-into": "/customers/1/merge/2/",
    "departments": "/departments/",
    "department": "/departments/1/",
    "items": "/items/",
    "classes": "/classes/",
    "settings": "/settings/",
    "people": "/settings/users/",
    "person": "/settings/users/1/",
    "person-add": "/settings/users/add/",
    "own-password": "/account/password/",
    "tokens": "/settings/tokens/",
    "token-add": "/settings/tokens/add/",
    "webhooks": "/settings/webhooks/",
    "webhook-add": "/settings/webhooks/add/",
    "uploads": "/uploads/",
    "notices": "/account/notices/",
    "api": "/api/v1/docs/",
    "invoices": "/invoices/",
    "invoices-no-match": "/invoices/?q=nothing-has-this",
    "invoices-narrowed": "/invoices/?q=a&status=finalized&from=2026-01-01&balance=open&sort=-open",
    "invoice": "/invoices/1/",
    "invoice-edit": "/invoices/1/edit/",
    "payments": "/payments/",
    "payments-narrowed": "/payments/?state=active&department=1&to=2099-01-01&sort=customer",
    "payments-no-match": "/payments/?q=nothing-has-this",
    "payment": "/payments/1/",
    "payment-reallocate": "/payments/1/reallocate/",
    "payment-take": "/payments/take/?q=a",
    "search": "/search/?q=100",
    "search-none": "/search/?q=nothing-has-this",
    "not-found": "/batches/4711/",
}


@pytest.fixture(scope="module")
def company_with_a_failed_batch(
    company: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The application with one batch whose building failed; pages are only looked at."""
    var_dir = tmp_path_factory.mktemp("screens") / "demo"
    shutil.copytree(company, var_dir)
    database = sqlite3.connect(var_dir / "db.sqlite3")
    with database:
        database.execute("DELETE FROM accounting_batchfile WHERE batch_id = 2")
        database.execute(
            "UPDATE accounting_batch SET status = 'failed', storage_key = '', sha256 = '', "
            "failure = 'Storage is full. Free up space on the disk that holds the batch "
            "files, then retry.' WHERE id = 2"
        )
    database.close()
    with running(var_dir, variables=environment(var_dir)) as started:
        yield started


@pytest.fixture
def open_screen(browser: Browser, company_with_a_failed_batch: Demo) -> Iterator[OpenPage]:
    with watched_pages(browser, company_with_a_failed_batch.url) as open_:
        yield open_


def show(page: Page, name: str) -> None:
    """Open a screen, with everything open that opens."""
    page.goto(SCREENS[name])
    if name == "undo-refused":
        page.get_by_role("button", name="Undo").click()
    page.evaluate(
        "() => document.querySelectorAll('main details:not(.menu)')"
        ".forEach(part => { part.open = true })"
    )


def shorten_tables(page: Page) -> None:
    """Keep a dozen rows of each table: axe looks at every cell, and they are alike."""
    page.evaluate(
        "() => document.querySelectorAll('tbody').forEach("
        "body => [...body.rows].slice(12).forEach(row => row.remove()))"
    )


WIDTHS: Final = (320, 640)
"""A phone, and 1,280 at a zoom of 200 %."""


def faults_of(page: Page, name: str) -> list[str]:
    """Return what is wrong with the page in sight: in both themes, and at narrow widths."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        keep_picture(page, f"{name}-{width}")
        if overflows(page):
            found.append(f"It sticks out at {width} pixels.")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme="dark")
    keep_picture(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    keep_picture(page, f"{name}-light")
    shorten_tables(page)
    found += accessibility_violations(page)
    page.emulate_media(color_scheme="dark")
    found += accessibility_violations(page, rules=COLOUR_RULES)
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False], ids=["first half", "second half"])
def test_axe_finds_nothing_and_nothing_sticks_out(open_screen: OpenPage, first: bool) -> None:
    page = open_screen(color_scheme="light", reduced_motion="reduce")
    sign_in(page, "admin")
    names = list(SCREENS)
    middle = len(names) // 2
    found = {}
    for name in names[:middle] if first else names[middle:]:
        show(page, name)
        if faults := faults_of(page, name):
            found[name] = faults
    assert found == {}


@pytest.mark.slow
def test_axe_finds_nothing_in_the_window_and_the_menus(open_screen: OpenPage) -> None:
    page = open_screen(color_scheme="light", reduced_motion="reduce")
    sign_in(page, "admin")
    page.get_by_role("button", name="Batch & Download…").click()
    page.get_by_role("dialog").get_by_label("Batch name").wait_for()
    assert faults_of(page, "confirm") == []
    page.goto("/batches/")
    page.locator("details.menu summary").first.click()
    assert faults_of(page, "batches-menu") == []
