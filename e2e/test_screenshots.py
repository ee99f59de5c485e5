"""The pictures of the README: all there, of one size, small, and made by `make screenshots`."""

import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from e2e.screenshots import FOLDER, HEIGHT, WIDTH

NAMES: Final = ["batch.png", "confirm.png", "unbatched.png", "undo.png"]
LARGEST_BYTES: Final = 200_000


def take_screenshots(folder: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "e2e.screenshots", "--to", str(folder)],
        cwd=settings.BASE_DIR,
        env={
            "PATH": path,
            "VAR_DIR": str(settings.VAR_DIR),
            "DJANGO_SETTINGS_MODULE": "sera_batching.settings",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def size_of(picture: Path) -> tuple[int, int]:
    """Return width and height from the head of a PNG."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_the_readme_shows_the_four_pictures_each_with_a_description() -> None:
    readme = (settings.BASE_DIR / "README.md").read_text()
    shown = re.findall(r"!\[([^\]]+)\]\(docs/img/(\w+\.png)\)", readme)
    assert sorted(name for _, name in shown) == NAMES
    assert all(len(description) > 20 for description, _ in shown)


def test_the_pictures_have_one_size_and_are_small() -> None:
    pictures = sorted(FOLDER.glob("*.png"))
    assert [picture.name for picture in pictures] == NAMES
    for picture in pictures:
        assert size_of(picture) == (WIDTH, HEIGHT), picture
        assert picture.stat().st_size < LARGEST_BYTES, picture


def test_without_chromium_the_command_names_what_is_missing(tmp_path: Path) -> None:
    result = take_screenshots(tmp_path / "img", path="/nowhere")
    assert result.returncode == 1
    assert re.fullmatch(r"Missing: Chromium .*apt-get install chromium\n", result.stderr)
    assert not (tmp_path / "img").exists()


@pytest.mark.slow
@pytest.mark.browser
def test_the_command_takes_all_four(tmp_path: Path) -> None:
    result = take_screenshots(tmp_path / "img", path=os.environ["PATH"])
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (tmp_path / "img").iterdir()) == NAMES
    assert len(result.stdout.splitlines()) == 4
