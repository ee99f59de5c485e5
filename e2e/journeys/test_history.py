"""An office user looks up the history of an invoice: from the list to the rows sent."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import accessibility_violations, overflows
from e2e.journeys.conftest import OpenPage, keep_picture, sign_in

pytestmark = pytest.mark.browser

CLAIM = re.compile(r"New invoice in batch \d+")


def open_batched_invoice(page: Page) -> str:
    """Go from the list to an invoice that a batch with a zip has; return its number."""
    sign_in(page, "office")
    page.goto("/invoices/?books=in")
    page.get_by_role("rowheader").first.get_by_role("link").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    return heading.removeprefix("Invoice ")


def test_the_life_story_of_an_invoice_shows_the_exact_rows(open_demo: OpenPage) -> None:
    page = open_demo()
    number = open_batched_invoice(page)
    expect(page.get_by_text("in the books as of batch")).to_be_visible()
    story = page.get_by_role("list").filter(has=page.get_by_text("Approved: revision 1"))
    expect(story.get_by_text("Entered", exact=True)).to_be_visible()
    entry = story.get_by_role("listitem").filter(has=page.get_by_text(CLAIM)).first
    entry.get_by_text("The exact rows", exact=True).click()
    table = entry.get_by_role("table")
    expect(table.get_by_role("columnheader").first).to_have_text("Invoice No")
    expect(table.get_by_role("row").nth(1).get_by_role("cell").first).to_have_text(number)
    assert accessibility_violations(page) == []
    assert page.get_by_role("link", name="Download").count() == 0
    keep_picture(page, "life-story")
    page.set_viewport_size({"width": 320, "height": 800})
    assert not overflows(page)

    entry.get_by_role("link", name=re.compile("^Batch ")).click()
    page.wait_for_url("**/batches/*/")


@pytest.mark.slow
def test_without_script_the_rows_have_a_page_of_their_own(open_demo: OpenPage) -> None:
    page = open_demo(java_script_enabled=False)
    number = open_batched_invoice(page)
    entry = page.locator(".story-entry").filter(has_text=CLAIM).first
    entry.get_by_text("The exact rows", exact=True).click()
    entry.get_by_role("link", name="The exact rows on a separate page").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"New invoice {number}")
    expect(page.get_by_role("cell", name=number, exact=True).first).to_be_visible()
    page.get_by_role("link", name=f"Invoice {number}").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
