"""A real browser: Chromium of this machine, driven by Playwright, against a live server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import Group
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from e2e.application import environment
from e2e.chromium import chromium_arguments, chromium_path
from sera_batching.models import User
from sera_batching.tests.databases import alone_in, shared_folder

PASSWORD: Final = "a long and quiet password"
AXE: Final = project_settings.BASE_DIR / "e2e" / "vendor" / "axe-core" / "axe.min.js"
AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR_RULES: Final = ("color-contrast", "link-in-text-block")
"""The axe rules that depend on the theme."""
INVOICES: Final = 450
"""Enough that Unbatched has a second page."""
TIMEOUT_MILLISECONDS: Final = 30_000
expect.set_options(timeout=TIMEOUT_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything that asks for a browser needs Chromium."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(), args=chromium_arguments()
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def watched_pages(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Yield what opens a page of the server at `URL`; `context` options as in Playwright.

    At its end each page must have stayed clean: no script error, no policy violation.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(**options: Any) -> Page:
        context = browser.new_context(base_url=url, **options)
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Return what opens a page of a server in this process, on the test's own database."""
    with watched_pages(browser, live_server.url) as open_:
        yield open_


@pytest.fixture
def make_person(transactional_db: None) -> Callable[[str], User]:
    """Return what makes a person with a role, named like the role."""

    def make(role: str) -> User:
        person = User.objects.create_user(role.lower(), password=PASSWORD)
        person.groups.add(Group.objects.get(name=role))
        return person

    return make


@pytest.fixture
def sign_in() -> Callable[[Page, User], None]:
    """Return what signs a person in through the page."""

    def sign(page: Page, person: User) -> None:
        page.goto("/sign-in/")
        page.get_by_label("Username").fill(person.get_username())
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    return sign


def accessibility_violations(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """Return what axe finds wrong with the current page: rule and element.

    With `rules` it asks for these alone.
    """
    if not page.evaluate("() => 'axe' in window"):
        # Evaluated through the debugger, so that the page's own policy stays as strict as it is.
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "asked => axe.run(document, {runOnly: asked})",
        {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_TAGS},
    )
    return [
        f"{violation['id']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflows(page: Page) -> bool:
    """Return whether the page must be scrolled sideways."""
    return bool(
        page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    )


def manage(var_dir: Path, *arguments: str) -> None:
    """Run a command of the application in its own folder."""
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project_settings.BASE_DIR,
        env=environment(var_dir),
        check=True,
        timeout=300,
    )


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """A folder with the database of a demo company, to be copied; one for all processes."""
    folder = shared_folder(tmp_path_factory, pytestconfig) / "company"
    folder.mkdir(exist_ok=True)
    var_dir = folder / "demo"
    with alone_in(folder):
        if not var_dir.exists():
            manage(var_dir, "migrate", "--verbosity", "0")
            manage(var_dir, "seed_demo", "--invoices", str(INVOICES), "--verbosity", "0")
    return var_dir
