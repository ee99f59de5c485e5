"""The screenshots of the README: `make screenshots` takes them from the demo company.

The window has a fixed size and the light theme. Nothing is written unless every picture is taken.
"""

import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from e2e.application import DidNotStart, running
from e2e.chromium import CHROMIUM_NAMES, chromium_arguments, chromium_path

FOLDER: Final = settings.BASE_DIR / "docs" / "img"
WIDTH: Final = 1280
HEIGHT: Final = 800
STEP_MILLISECONDS: Final = 60_000
BUILD_MILLISECONDS: Final = 180_000
"""Enough for a message to the worker that got lost: the sweeper sends it again after a minute."""
DEPARTMENT: Final = "HVAC"
INVOICE: Final = "10250"
BATCH_NAME: Final = "HVAC, November, week 3"

NO_CHROMIUM: Final = (
    f"Missing: Chromium (none of {', '.join(CHROMIUM_NAMES)} is on the PATH). "
    "Debian: apt-get install chromium"
)


def take_all(browser: Browser, url: str, folder: Path) -> None:
    """Walk from Unbatched to the undo of the new batch, and take four pictures on the way."""
    with signed_in(browser, url, "accountant") as page:
        page.goto("/unbatched/")
        page.get_by_label("Department").select_option(DEPARTMENT)
        expect(page.locator("#clear-filters")).to_be_visible()
        leave_out_one_invoice(page)
        take(page, folder / "unbatched.png")
        confirm(page, folder / "confirm.png")
        take(page, folder / "batch.png")
        path = urlsplit(page.url).path
    with signed_in(browser, url, "admin") as page:
        page.goto(f"{path}undo/")
        take(page, folder / "undo.png")


def leave_out_one_invoice(page: Page) -> None:
    """Untick an invoice with a selected payment, so that the page warns."""
    counts = page.locator("#selection-counts")
    before = counts.inner_text()
    page.locator("#ticks tbody tr", has_text=INVOICE).get_by_role("checkbox").click()
    expect(counts).not_to_have_text(before)


def confirm(page: Page, path: Path) -> None:
    """Keep what the confirmation window shows; confirm, and wait on the page of the ready batch."""
    page.locator("#batch-button").click()
    window = page.get_by_role("dialog")
    window.locator("[name=name]").fill(BATCH_NAME)
    expect(window.locator(".alert-warning").first).to_be_visible()
    take(page, path)
    with page.expect_download(timeout=BUILD_MILLISECONDS):
        window.locator(".confirm-button").last.click()
    # As it is found later, without the steps that it went through.
    page.reload()


@contextmanager
def signed_in(browser: Browser, url: str, username: str) -> Iterator[Page]:
    """Yield a page of a user of the demo, in a window of the same size each time."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": WIDTH, "height": HEIGHT},
        device_scale_factor=1,
        color_scheme="light",
        reduced_motion="reduce",
        locale="en-US",
        accept_downloads=True,
    )
    context.set_default_timeout(STEP_MILLISECONDS)
    page = context.new_page()
    page.goto("/sign-in/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(f"{username}-demo")
    page.locator("main [type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    yield page
    context.close()


def take(page: Page, path: Path) -> None:
    """Keep what the window shows, once everything that it waits for is there."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, animations="disabled", caret="hide")


def main(folder: Path) -> None:
    """Take the pictures from a demo of their own; end with one line when something is missing."""
    if not chromium_path():
        sys.exit(NO_CHROMIUM)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        # The launcher makes users with known passwords in a folder of this name only.
        var_dir = Path(scratch, "demo")
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        with running(var_dir, variables={**os.environ, "VAR_DIR": str(var_dir)}) as demo:
            take_all(browser, demo.url, Path(scratch))
        browser.close()
        folder.mkdir(parents=True, exist_ok=True)
        for picture in sorted(Path(scratch).glob("*.png")):
            shutil.copyfile(picture, folder / picture.name)
            sys.stdout.write(f"{picture.stat().st_size // 1000:>4} kB  {folder / picture.name}\n")


if __name__ == "__main__":
    parser = ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="a folder (default: docs/img)")
    try:
        main(parser.parse_args().to)
    except (DidNotStart, Error, AssertionError) as problem:
        sys.exit(f"No picture was replaced. {problem}")
