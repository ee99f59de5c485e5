"""The real application for a browser: web server, worker and beat, as `make demo` starts them."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings as project_settings


class DidNotStart(Exception):
    """The application ended before it answered; the message has all that it printed."""


@dataclass(frozen=True)
class Demo:
    """A running application: its URL, and the folder with everything that it writes."""

    url: str
    var_dir: Path


def environment(var_dir: Path) -> dict[str, str]:
    """Return the variables of an application with a folder of its own and no other settings."""
    return {"PATH": os.environ["PATH"], "VAR_DIR": str(var_dir)}


@contextmanager
def running(var_dir: Path, *, variables: Mapping[str, str]) -> Iterator[Demo]:
    """Start the application on a free port, and always kill it at the end."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_demo", "--port", "0"],
        cwd=project_settings.BASE_DIR,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Demo(_url_printed_by(process), var_dir)
    finally:
        started = psutil.Process(process.pid)
        for each in (started, *started.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.communicate(timeout=60)


def _url_printed_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"is running at (http://\S+?)/?\s", line):
            return found[1]
    raise DidNotStart("The application ended:\n" + "".join(lines))
