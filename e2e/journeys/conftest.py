"""The real application for journeys: web server, worker and beat, on a made-up company."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest
from django.conf import settings as project_settings
from playwright.sync_api import Browser, Page

from e2e.conftest import environment, watched_pages

ARTIFACTS: Final = project_settings.BASE_DIR / "e2e" / "artifacts"

OpenPage = Callable[..., Page]


@dataclass(frozen=True)
class Demo:
    """A running application: where it answers, and the folder with all that it writes."""

    address: str
    var_dir: Path


@contextmanager
def running(var_dir: Path) -> Iterator[Demo]:
    """Start the application as `make demo` does, and end it whatever happens, without ceremony."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_demo", "--port", "0"],
        cwd=project_settings.BASE_DIR,
        env=environment(var_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Demo(address_printed_by(process), var_dir)
    finally:
        started = psutil.Process(process.pid)
        for each in (started, *started.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.communicate(timeout=60)


def address_printed_by(process: subprocess.Popen[str]) -> str:
    """Return where it says that it runs, or fail with all that it said."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"is running at (http://\S+?)/?\s", line):
            return found[1]
    pytest.fail("The application ended:\n" + "".join(lines))


@pytest.fixture
def demo(company: Path, tmp_path: Path) -> Iterator[Demo]:
    """The application on a company of its own."""
    var_dir = tmp_path / "demo"
    shutil.copytree(company, var_dir)
    with running(var_dir) as started:
        yield started


@pytest.fixture
def open_demo(browser: Browser, demo: Demo) -> Iterator[OpenPage]:
    """Return what opens a page of the application."""
    with watched_pages(browser, demo.address) as open_:
        yield open_


def sign_in(page: Page, username: str) -> None:
    """Sign in as one of the demo's people, and go on from Home to Unbatched."""
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(f"{username}-demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/sign-in/" not in address)
    page.goto("/unbatched/")


def keep_picture(page: Page, name: str) -> None:
    """With KEEP_PICTURES=1, keep what the page looks like; git ignores the folder."""
    if os.environ.get("KEEP_PICTURES") != "1":
        return
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
