"""The real application for journeys: web server, worker and beat, on a made-up company."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings as project_settings
from playwright.sync_api import Browser, Page

from e2e.application import Demo, environment, running
from e2e.conftest import watched_pages

ARTIFACTS: Final = project_settings.BASE_DIR / "e2e" / "artifacts"

OpenPage = Callable[..., Page]


@pytest.fixture
def demo(company: Path, tmp_path: Path) -> Iterator[Demo]:
    """The application on a company of its own."""
    var_dir = tmp_path / "demo"
    shutil.copytree(company, var_dir)
    with running(var_dir, variables=environment(var_dir)) as started:
        yield started


@pytest.fixture
def open_demo(browser: Browser, demo: Demo) -> Iterator[OpenPage]:
    """Return what opens a page of the application."""
    with watched_pages(browser, demo.url) as open_:
        yield open_


def sign_in(page: Page, username: str) -> None:
    """Sign in as one of the demo's people, and go on from Home to Unbatched."""
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(f"{username}-demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/unbatched/")


def keep_picture(page: Page, name: str) -> None:
    """With KEEP_PICTURES=1, keep what the page looks like; git ignores the folder."""
    if os.environ.get("KEEP_PICTURES") != "1":
        return
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
