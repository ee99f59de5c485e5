"""`make demo` as its user meets it: it starts, answers, and leaves nothing behind."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as project_settings


def demo_process(var_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the demo in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_demo", *arguments],
        cwd=project_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    """Return the first line that matches, or fail with all that was printed."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if re.search(pattern, line):
            return line
    pytest.fail("The demo ended:\n" + "".join(lines))


def processes_under(var_dir: Path) -> list[str]:
    """Return the processes of this machine that were started with this VAR_DIR."""
    wanted = f"VAR_DIR={var_dir}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
        except OSError:
            continue
    return found


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that something else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def sign_in(address: str, username: str, password: str) -> str:
    """Sign in as a browser would, and return where that led."""
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(f"{address}sign-in/", timeout=20) as response:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.read().decode())
    assert token is not None
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
    data = urllib.parse.urlencode(form).encode()
    with opener.open(f"{address}sign-in/", data, timeout=20) as response:
        return str(response.url)


@pytest.mark.slow
@pytest.mark.parametrize("is_new", [True, False], ids=["from nothing", "once more"])
def test_the_demo_starts_beside_a_busy_port_and_stops(
    company: Path, tmp_path: Path, busy_port: int, is_new: bool
) -> None:
    var_dir = tmp_path / "demo"
    if not is_new:
        shutil.copytree(company, var_dir)
    process = demo_process(var_dir, "--port", str(busy_port))
    try:
        line = read_until(process, "is running at")
        address = line.split()[-1]
        assert address != f"http://127.0.0.1:{busy_port}/"
        for username in ("office", "accountant", "admin"):
            assert "/sign-in/" not in sign_in(address, username, f"{username}-demo")
        assert len(processes_under(var_dir)) >= 4
    finally:
        process.send_signal(signal.SIGINT if is_new else signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.endswith("Stopped.\n")
    assert processes_under(var_dir) == []


@pytest.mark.slow
def test_the_demo_stops_when_one_of_its_processes_dies(
    company: Path, tmp_path: Path, busy_port: int
) -> None:
    var_dir = tmp_path / "demo"
    shutil.copytree(company, var_dir)
    process = demo_process(var_dir, "--port", str(busy_port))
    read_until(process, "is running at")
    beat = next(
        number
        for number in processes_under(var_dir)
        if b"\0beat\0" in Path(f"/proc/{number}/cmdline").read_bytes()
    )
    started = time.monotonic()
    os.kill(int(beat), signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    assert time.monotonic() - started < 60
    assert process.returncode == 1
    assert "The beat has ended" in output
    assert processes_under(var_dir) == []


@pytest.mark.parametrize(
    ("folder", "environment", "expected"),
    [
        ("real", {}, "needs a VAR_DIR named “demo”"),
        ("demo", {"REDIS_URL": "redis://127.0.0.1:1/0"}, "embedded default only"),
    ],
)
def test_the_demo_keeps_away_from_real_data(
    tmp_path: Path, folder: str, environment: dict[str, str], expected: str
) -> None:
    var_dir = tmp_path / folder
    result = subprocess.run(
        [sys.executable, "manage.py", "run_demo"],
        cwd=project_settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert expected in result.stderr
    assert not (var_dir / "db.sqlite3").exists()
