"""An admin merges two customers: found, compared, confirmed by a word, and told what to fix."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import accessibility_violations
from e2e.journeys.conftest import OpenPage, keep_picture, sign_in

pytestmark = pytest.mark.browser


def test_an_admin_merges_two_customers(open_demo: OpenPage) -> None:
    page = open_demo()
    sign_in(page, "admin")
    page.goto("/customers/?q=Ana")
    page.get_by_role("link", name="Ana María Okafor-Garza").click()
    page.get_by_role("link", name="Merge into another customer…").click()
    page.get_by_label("Search for the customer to keep").fill("C-1001")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Choose").first.click()
    assert "Merging cannot be undone" in page.content()
    assert accessibility_violations(page) == []

    page.get_by_label("Reason").fill("One family.")
    page.get_by_label("Type “Merge” to confirm").fill("no")
    page.get_by_role("button", name="Merge permanently").click()
    assert "Type Merge, exactly as shown here." in page.content()

    page.get_by_label("Type “Merge” to confirm").fill("Merge")
    page.get_by_role("button", name="Merge permanently").click()
    page.wait_for_url("**/customers/*/")
    assert "was merged into" in page.locator("#messages").inner_text()
    assert "One family." in page.content()
    keep_picture(page, "merged-customer")

    page.goto("/follow-ups/?cause=customer_merged")
    assert "was merged into" in page.content()
    page.get_by_label("Note").first.fill("Merged there.")
    page.get_by_role("button", name="Done in QuickBooks").first.click()
    expect(page.get_by_text("No entries match")).to_be_visible()
