"""The same work by keyboard alone: no pointer, and the focus is never lost."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.journeys.conftest import OpenPage
from e2e.journeys.zips import read_zip

MOST_TABS = 250


def tab_to(page: Page, wanted: Locator, *, key: str = "Tab") -> None:
    """Press Tab until the focus is on the wanted element; each stop must be visible."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {key}.")


def test_batch_and_undo_without_a_pointer(open_demo: OpenPage, tmp_path: Path) -> None:
    page = open_demo(accept_downloads=True)
    page.goto("/sign-in/")
    tab_to(page, page.get_by_label("Username"))
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("admin-demo")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    tab_to(page, page.get_by_role("link", name="Unbatched", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/unbatched/"))

    # The skip link leads past the navigation; Space unticks, an arrow goes on to the next row.
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    boxes = page.locator('#ticks input[name="ticked"]')
    tab_to(page, boxes.first)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(boxes.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(boxes.nth(1)).not_to_be_checked()
    counts = page.locator("#selection-counts")
    expect(page.locator("#announcements")).to_contain_text("Invoices")
    before = " ".join(counts.inner_text().split())

    # Escape closes the window, batches nothing and gives the focus back.
    button = page.locator("#batch-button")
    tab_to(page, button, key="Shift+Tab")
    page.keyboard.press("Enter")
    window = page.get_by_role("dialog")
    expect(window).to_be_visible()
    confirm = window.get_by_role("button", name=re.compile("download"))
    expect(confirm).to_be_visible()
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    expect(button).to_be_focused()
    assert " ".join(counts.inner_text().split()) == before

    page.keyboard.press("Enter")
    expect(confirm).to_be_visible()
    tab_to(page, confirm)
    with page.expect_download(timeout=60_000) as coming:
        page.keyboard.press("Enter")
    coming.value.save_as(tmp_path / "batch.zip")
    assert len(read_zip(tmp_path / "batch.zip")["1 Invoice Inserts.xlsx"]) > 100

    # The button stays for a second download; files are ticked off and looked at by keys as well.
    again = page.get_by_role("link", name="Download the zip")
    expect(again).to_be_visible()
    tab_to(page, again)
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    coming.value.save_as(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "batch.zip").read_bytes()
    tick = page.locator("#loaded-1-1")
    tab_to(page, tick)
    page.keyboard.press("Space")
    expect(tick).to_have_attribute("aria-checked", "true")
    expect(tick).to_be_focused()
    tab = page.locator("#tab-3")
    tab_to(page, tab)
    page.keyboard.press("Enter")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_be_focused()

    # Undo, from the page itself.
    tab_to(page, page.get_by_role("link", name="Undo…"), key="Shift+Tab")
    page.keyboard.press("Enter")
    reason = page.get_by_label("Reason")
    tab_to(page, reason)
    page.keyboard.type("Wrong week.")
    page.keyboard.press("Tab")
    page.keyboard.type(number_of(page))
    tab_to(page, page.get_by_role("button", name=re.compile("^Undo batch")))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone: batch")).to_be_visible()


def number_of(page: Page) -> str:
    """Return the number of the batch whose page is open."""
    found = re.search(r"/batches/(\d+)/", page.url)
    assert found
    return found[1]


@pytest.mark.slow
def test_a_menu_in_the_list_opens_and_closes_by_keys(open_demo: OpenPage) -> None:
    page = open_demo()
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("admin-demo")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/batches/")
    menu = page.locator("details.menu").first
    tab_to(page, menu.locator("summary"))
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Details")).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link", name="Details")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Details")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
