"""The Chromium of this machine: where it is, and how it must be started."""

import os
import shutil
from typing import Final

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Return the path of the installed Chromium, empty when there is none."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in found if path), "")


def chromium_arguments() -> list[str]:
    """Return the arguments it needs here: Chromium refuses to start its sandbox for root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
