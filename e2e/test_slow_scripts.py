"""Clicks before a script or response has loaded are not lost."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Route, expect

from e2e.conftest import TIMEOUT_MILLISECONDS
from invoices.tests.factories import make_invoice, make_line
from sera_batching.models import User

OpenPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]
MakePerson = Callable[[str], User]


@contextmanager
def held_back(page: Page, pattern: str) -> Iterator[None]:
    """Keep the first answer of a URL that matches from coming until the end of the block."""
    held: list[Route] = []
    page.route(re.compile(pattern), lambda route: held.append(route), times=1)
    yield
    deadline = time.monotonic() + TIMEOUT_MILLISECONDS / 1000
    while not held and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    (route,) = held
    route.continue_()


def test_a_rate_typed_early_gives_its_amount(
    open_page: OpenPage, make_person: MakePerson, sign_in: SignIn
) -> None:
    invoice = make_invoice("10023", lines=(make_line(10000), make_line(5000)))
    page = open_page()
    sign_in(page, make_person("Admin"))
    with held_back(page, r"/invoice_edit\b.*\.js"):
        page.goto(f"/invoices/{invoice.pk}/edit/", wait_until="commit")
        page.get_by_label("Rate", exact=True).first.fill("133.335")
        page.get_by_label("Rate", exact=True).last.fill("7")
        page.get_by_label("Amount").last.fill("8")
    expect(page.get_by_label("Amount").first).to_have_value("133.34")
    expect(page.get_by_label("Amount").last).to_have_value("8")
    expect(page.locator("[data-sum=total]")).to_have_text("141.34")


def test_a_tick_made_early_is_kept(
    open_page: OpenPage, make_person: MakePerson, sign_in: SignIn
) -> None:
    make_invoice("10023")
    make_invoice("10024")
    page = open_page()
    sign_in(page, make_person("Accountant"))
    with held_back(page, r"/unbatched\b.*\.js"):
        page.goto("/unbatched/", wait_until="commit")
        page.locator('#ticks input[name="ticked"]').first.click()
    counts = page.locator("#selection-counts")
    expect(counts).to_contain_text("Invoices 1 of 2")
    page.reload()
    expect(counts).to_contain_text("Invoices 1 of 2")


def test_a_click_made_while_a_tick_is_on_its_way_opens_the_window(
    open_page: OpenPage, make_person: MakePerson, sign_in: SignIn
) -> None:
    """The answer to the tick replaces the button that was pressed."""
    make_invoice("10023")
    make_invoice("10024")
    page = open_page()
    sign_in(page, make_person("Accountant"))
    page.goto("/unbatched/")
    with held_back(page, r"/unbatched/ticks/"):
        page.locator('#ticks input[name="ticked"]').first.click()
        page.locator("#batch-button").click()
    window = page.get_by_role("dialog")
    expect(window.get_by_label("Batch name")).to_be_visible()
    expect(window.locator(".confirm-button").last).to_contain_text("1 item")
