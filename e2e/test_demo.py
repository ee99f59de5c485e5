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

from sera_batching.ports import DEFAULT_PORT, any_free_port, is_free


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


def folder_of(tmp_path: Path, company: Path, *, is_new: bool) -> Path:
    """Return the VAR_DIR of a demo, with the made-up company in it or nothing at all."""
    var_dir = tmp_path / "demo"
    if not is_new:
        shutil.copytree(company, var_dir)
    return var_dir


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


def sign_in(url: str, username: str, password: str) -> str:
    """Sign in as a browser would, and return where that led."""
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with opener.open(f"{url}sign-in/", timeout=20) as response:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.read().decode())
    assert token is not None
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
    data = urllib.parse.urlencode(form).encode()
    with opener.open(f"{url}sign-in/", data, timeout=20) as response:
        return str(response.url)


@pytest.fixture
def usual_port_is_busy() -> Iterator[None]:
    """Take the port that the demo has by default, unless something else has it already."""
    with socket.socket() as listener:
        if is_free(DEFAULT_PORT):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", DEFAULT_PORT))
            listener.listen()
        yield


@pytest.mark.slow
@pytest.mark.parametrize("is_new", [True, False], ids=["from nothing", "once more"])
def test_the_demo_starts_on_the_port_that_is_asked_for_and_stops(
    company: Path, tmp_path: Path, is_new: bool
) -> None:
    var_dir = folder_of(tmp_path, company, is_new=is_new)
    port = any_free_port()
    process = demo_process(var_dir, "--port", str(port))
    try:
        line = read_until(process, "is running at")
        url = line.split()[-1]
        assert url == f"http://127.0.0.1:{port}/"
        for username in ("office", "accountant", "admin"):
            assert "/sign-in/" not in sign_in(url, username, f"{username}-demo")
        assert len(processes_under(var_dir)) >= 4
    finally:
        process.send_signal(signal.SIGINT if is_new else signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert output.endswith("Stopped.\n")
    assert processes_under(var_dir) == []


@pytest.mark.slow
def test_without_a_port_the_demo_goes_on_to_the_next_free_one(
    company: Path, tmp_path: Path, usual_port_is_busy: None
) -> None:
    process = demo_process(folder_of(tmp_path, company, is_new=False))
    try:
        said = read_until(process, "Port 8000 is in use, so the demo uses ")
        url = read_until(process, "is running at").split()[-1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    port = int(said.split()[-1].rstrip("."))
    assert port > 8000
    assert url == f"http://127.0.0.1:{port}/"


@pytest.mark.slow
def test_the_demo_stops_when_one_of_its_processes_dies(company: Path, tmp_path: Path) -> None:
    var_dir = folder_of(tmp_path, company, is_new=False)
    process = demo_process(var_dir, "--port", "0")
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


@pytest.mark.parametrize("port", ["busy", "eighty", "-1", "65536"])
def test_the_demo_refuses_a_port_before_anything_is_migrated(tmp_path: Path, port: str) -> None:
    var_dir = tmp_path / "demo"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        text = str(listener.getsockname()[1]) if port == "busy" else port
        process = demo_process(var_dir, f"--port={text}")
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(rf"CommandError: .*{text}.* make demo PORT=\d+\n", output)
    assert not (var_dir / "db.sqlite3").exists()
