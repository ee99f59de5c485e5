"""If something is missing, `make` prints one line that names it, and starts nothing."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

TOO_OLD: Final = """#!/bin/sh
case "$*" in
  -V) echo "Python 3.10.4" ;;
  *version_info*) exit 1 ;;
esac
"""
WITHOUT_VENV: Final = """#!/bin/sh
case "$*" in
  *ensurepip*) exit 1 ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what `make install` reads, and no `.venv/`."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(settings.BASE_DIR / name, tmp_path)
    return tmp_path


def make(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    assert program is not None
    return subprocess.run(
        [program, *words],
        cwd=clone,
        # Without the flags of an outer `make test`.
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def make_install(clone: Path, python: str) -> str:
    result = make(clone, "install", f"PYTHON={python}")
    assert result.returncode == 2
    assert not (clone / ".venv").exists()
    return result.stdout


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (TOO_OLD, r"Missing: Python 3\.11 or newer; \S+ is Python 3\.10\.4\. Name another: .+\n"),
        (WITHOUT_VENV, r"Missing: the venv module\. Debian: apt-get install python3-venv\n"),
    ],
    ids=["python too old", "no venv module"],
)
def test_install_names_what_is_missing(clone: Path, script: str, expected: str) -> None:
    python = clone / "python"
    python.write_text(script)
    python.chmod(0o755)
    assert re.fullmatch(expected, make_install(clone, str(python)))


def test_install_names_a_python_that_is_not_there(clone: Path) -> None:
    assert make_install(clone, "python9") == (
        "Missing: python9. Debian: apt-get install python3 python3-venv\n"
    )


def test_help_lists_every_target_with_a_sentence(clone: Path) -> None:
    result = make(clone)
    makefile = (clone / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^  make (\S+) +\S", result.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())
