"""The weekly work with the mouse: narrow, untick, batch, open the zip, undo."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from e2e.journeys.conftest import OpenPage, keep_picture, sign_in
from e2e.journeys.zips import read_zip


def number_in(text: str, pattern: str) -> int:
    """Return the number that a pattern finds in a text such as "Invoices 1,241 of 1,243"."""
    found = re.search(pattern, " ".join(text.split()))
    assert found, text
    return int(found[1].replace(",", ""))


def selected_invoices(page: Page) -> int:
    return number_in(page.locator("#selection-counts").inner_text(), r"Invoices ([\d,]+) of")


def matching_invoices(page: Page) -> int:
    return number_in(page.locator("#selection-counts").inner_text(), r"Invoices [\d,]+ of ([\d,]+)")


def cell(row: Locator, place: int) -> str:
    return row.locator("td, th").nth(place).inner_text()


def test_narrow_untick_batch_open_the_zip_and_undo(open_demo: OpenPage, tmp_path: Path) -> None:
    page = open_demo(accept_downloads=True)
    sign_in(page, "accountant")
    everything = matching_invoices(page)
    assert everything > 100

    # Narrow, and see that the bar follows.
    page.get_by_label("Department").select_option("HVAC")
    expect(page.locator("#clear-filters")).to_be_visible()
    narrowed = matching_invoices(page)
    assert 0 < narrowed < everything

    # Untick the first invoice; it stays unticked without the filter, on whatever page.
    row = page.locator("#ticks tbody tr").first
    unticked = cell(row, 1)
    row.get_by_role("checkbox").click()
    expect(page.locator("#selection-counts")).to_contain_text(f"Invoices {narrowed - 1} of")
    page.locator("#clear-filters").click()
    expect(page.locator("#clear-filters")).to_be_hidden()
    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    second_page = cell(page.locator("#ticks tbody tr").first, 1)
    selected = selected_invoices(page)

    # The window warns, and going back batches nothing.
    page.locator("#batch-button").click()
    window = page.get_by_role("dialog")
    expect(window.get_by_text("that QuickBooks will not have")).to_be_visible()
    keep_picture(page, "confirm")
    window.get_by_text("Go back").click()
    expect(window).to_be_hidden()
    page.locator("#batch-button").click()
    window.get_by_label("Batch name").fill("November, week 3")

    # Confirm: the page shows the progress, and the zip comes by itself, once.
    with page.expect_download(timeout=60_000) as coming:
        window.get_by_role("button", name=re.compile("download")).click()
        page.wait_for_url(re.compile(r"/batches/\d+/"))
        keep_picture(page, "batch-on-its-way")
    zip_path = tmp_path / "batch.zip"
    assert coming.value.suggested_filename == "November, week 3.zip"
    coming.value.save_as(zip_path)
    expect(page.get_by_role("link", name="Download the zip")).to_be_visible()
    expect(page.locator("#announcements")).to_have_text("The zip is stored.")
    expect(page.locator("#files")).to_be_visible()
    assert "download=1" not in page.url
    keep_picture(page, "batch-ready")

    # Seven files with the rows that the page tells of, and nothing that was unticked.
    rows = read_zip(zip_path)
    for line in page.locator(".files-table tbody tr").all():
        assert int(cell(line, 2).replace(",", "")) == len(rows[cell(line, 0)])
    invoices = {row[0] for row in rows["1 Invoice Inserts.xlsx"] + rows["2 Invoice Updates.xlsx"]}
    memos = {row[0] for row in rows["6 Credit Memos.xlsx"]}
    assert len(invoices | memos) == selected
    assert unticked not in invoices | memos
    assert second_page in invoices | memos

    # Tick a file as loaded; look at another file; come back later by the list.
    page.get_by_role("checkbox", name="1 Invoice Inserts.xlsx is loaded").click()
    loaded = page.get_by_role("checkbox", name="1 Invoice Inserts.xlsx is loaded")
    expect(loaded).to_have_attribute("aria-checked", "true")
    page.get_by_role("link", name=re.compile("^3 Payment Inserts \\d")).click()
    expect(page.get_by_role("heading", name="Rows of 3 Payment Inserts")).to_be_visible()
    expect(page).to_have_url(re.compile("/files/3/$"))
    batch = number_in(page.url, r"/batches/(\d+)/")
    page.get_by_role("link", name="Previous Batches").click()
    expect(page.get_by_role("link", name="November, week 3.zip")).to_be_visible()

    undo_as_admin(open_demo(), batch)
    page.get_by_role("link", name="Unbatched").click()
    assert matching_invoices(page) == everything


def undo_as_admin(page: Page, batch: int) -> None:
    """Undo a batch from the list, with the reason and the number that the window asks for."""
    sign_in(page, "admin")
    page.goto("/batches/")
    page.get_by_text(f"More for batch {batch}", exact=True).locator("..").click()
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_text("The zip was downloaded 1 time, last by accountant")).to_be_visible()
    page.get_by_role("button", name=f"Undo batch {batch}").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Reason").fill("Loaded into the wrong company.")
    page.get_by_label("Type the batch number").fill(str(batch))
    keep_picture(page, "undo")
    page.get_by_role("button", name=f"Undo batch {batch}").click()
    expect(page.get_by_text(f"Undone: batch {batch}.")).to_be_visible()
    page.get_by_role("link", name="reversed there by hand").click()
    expect(page.get_by_role("heading", name=f"Reverse batch {batch} in QuickBooks")).to_be_visible()
