"""The same work without JavaScript: every step is a form and a page."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.journeys.conftest import OpenPage, keep_picture, sign_in
from e2e.journeys.zips import read_zip

LONGEST_WAIT_SECONDS = 60


def wait_until_stored(page: Page) -> None:
    """Follow the link "Refresh" until the zip is there, as a user would."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while page.get_by_role("link", name="Refresh").count():
        assert time.monotonic() < deadline, page.locator("#batch-status").inner_text()
        page.get_by_role("link", name="Refresh").click()
        time.sleep(0.5)


@pytest.mark.slow
def test_batch_tick_off_and_undo_without_script(open_demo: OpenPage, tmp_path: Path) -> None:
    page = open_demo(java_script_enabled=False, accept_downloads=True)
    sign_in(page, "admin")

    # Narrow and untick: both take a button here.
    page.get_by_label("Department").select_option("HVAC")
    page.get_by_role("button", name="Apply", exact=True).click()
    counts = page.locator("#selection-counts")
    found = re.search(r"Invoices (\d+) of (\d+)", " ".join(counts.inner_text().split()))
    assert found
    page.locator('#ticks input[name="ticked"]').first.uncheck()
    page.get_by_role("button", name="Apply selection").click()
    expect(counts).to_contain_text(f"Invoices {int(found[1]) - 1} of {found[2]}")

    # The confirmation is a page of its own; the batch page is looked at until it is ready.
    page.get_by_role("button", name="Batch & Download…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Batch .* items?"))
    page.get_by_label("Batch name").fill("../../etc/passwd")
    page.get_by_role("button", name=re.compile("items & download")).click()
    expect(page.get_by_text("The name may not contain /").first).to_be_visible()
    page.get_by_label("Batch name").fill("Without script")
    page.get_by_role("button", name=re.compile("items & download")).click()
    page.wait_for_url(re.compile(r"/batches/\d+/"))
    wait_until_stored(page)
    keep_picture(page, "without-script")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download the zip").click()
    coming.value.save_as(tmp_path / "batch.zip")
    rows = read_zip(tmp_path / "batch.zip")
    documents = {row[0] for row in rows["1 Invoice Inserts.xlsx"] + rows["2 Invoice Updates.xlsx"]}
    assert len(documents) + len({row[0] for row in rows["6 Credit Memos.xlsx"]}) == (
        int(found[1]) - 1
    )

    page.get_by_role("checkbox", name="1 Invoice Inserts.xlsx is loaded").click()
    expect(page.get_by_text("1 Invoice Inserts.xlsx is marked as loaded.")).to_be_visible()

    # Undo; the zip of an undone batch asks before it comes.
    number = re.search(r"/batches/(\d+)/", page.url)
    assert number
    page.get_by_role("link", name="Undo…").click()
    page.get_by_label("Reason").fill("Wrong week.")
    page.get_by_label("Type the batch number").fill(number[1])
    page.get_by_role("button", name="Undo batch").click()
    expect(page.get_by_text(f"Undone: batch {number[1]}.")).to_be_visible()
    page.get_by_role("link", name="Download its zip…").click()
    expect(page.get_by_text("Do not load this zip into QuickBooks")).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download it anyway").click()
    coming.value.save_as(tmp_path / "undone.zip")
    assert (tmp_path / "undone.zip").read_bytes() == (tmp_path / "batch.zip").read_bytes()


@pytest.mark.slow
def test_follow_ups_and_settings_without_script(open_demo: OpenPage) -> None:
    page = open_demo(java_script_enabled=False)
    sign_in(page, "admin")
    page.get_by_role("link", name="Fix in QuickBooks").first.click()
    before = page.locator(".follow-up").count()
    assert before > 0
    page.get_by_label("Note").first.fill("Renamed it.")
    page.get_by_role("button", name="Done in QuickBooks").first.click()
    expect(page.get_by_text("Done:")).to_be_visible()
    expect(page.locator(".follow-up")).to_have_count(before - 1)
    page.get_by_role("link", name=re.compile("^Done")).click()
    expect(page.get_by_text("Renamed it.")).to_be_visible()
    page.get_by_role("button", name="Not done, reopen").click()
    expect(page.get_by_text("Reopened:")).to_be_visible()

    page.get_by_role("link", name="Company", exact=True).click()
    page.get_by_label("Company name").fill("Blue Bonnet Plumbing")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    expect(page.locator(".shell-company")).to_have_text("Blue Bonnet Plumbing")
