"""Ports that are in use or invalid: the message says what to do, and nothing is started."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from sera_batching.exceptions import Refused
from sera_batching.ports import any_free_port, is_free, next_free_port, read_port, require_free_port


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port on which something else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def run(*words: str, var_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("text", "port"), [("1", 1), ("8001", 8001), ("65535", 65_535)])
def test_a_port(text: str, port: int) -> None:
    assert read_port(text, command="make run") == port


@pytest.mark.parametrize(
    "text", ["", "0", "65536", "-1", "8001.0", "eighty", " 8001", "८००१", "²", "9" * 5_000]
)
def test_what_is_no_port_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_port(text, command="make run")
    assert str(refusal.value) == (
        f"“{text}” is not a port. Use a number from 1 to 65535: make run PORT=8001"
    )


def test_a_free_port_is_taken_without_a_word() -> None:
    port = any_free_port()
    assert is_free(port)
    require_free_port(port, command="make run")


def test_a_port_in_use_names_the_way_out(busy_port: int) -> None:
    assert not is_free(busy_port)
    with pytest.raises(Refused) as refusal:
        require_free_port(busy_port, command="make run")
    found = re.fullmatch(
        rf"Port {busy_port} is in use\. Stop what uses it, or choose another: make run PORT=(\d+)",
        str(refusal.value),
    )
    assert found is not None
    assert is_free(int(found[1]))


def test_the_next_free_port_is_near(busy_port: int) -> None:
    assert next_free_port(busy_port - 1) > busy_port
    assert is_free(next_free_port(65_535))


@pytest.mark.parametrize("port", ["busy", "eighty"])
def test_make_run_asks_before_anything_is_migrated(
    tmp_path: Path, busy_port: int, port: str
) -> None:
    text = str(busy_port) if port == "busy" else port
    result = run(
        sys.executable, "-m", "sera_batching.ports", "make run", text, var_dir=tmp_path / "var"
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert re.search(rf"{text}.* make run PORT=\d+\n$", result.stderr)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("target", ["demo", "run"])
def test_make_passes_the_port_on(tmp_path: Path, target: str) -> None:
    result = run("make", "--dry-run", target, "PORT=8123", var_dir=tmp_path / "var")
    assert result.returncode == 0
    assert "8123" in result.stdout
    asked = result.stdout.index("8123")
    assert "migrate" not in result.stdout[:asked]
