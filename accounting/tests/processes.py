"""Other processes on the test's database, to be killed or to race against."""

import os
import subprocess
import sys
from urllib.parse import quote

from django.conf import settings
from django.db import connection

_START = "import os, signal, sys, django; django.setup()\n"


def database_url() -> str:
    """Return the URL of this test's database."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    user = quote(values["USER"] or "")
    secret = f":{quote(values['PASSWORD'])}" if values["PASSWORD"] else ""
    place = f"{values['HOST']}:{values['PORT']}" if values["PORT"] else values["HOST"]
    return f"postgres://{user}{secret}@{place}/{values['NAME']}"


def start_python(code: str, **environment: str) -> subprocess.Popen[str]:
    """Start code in a process with this test's database and folder; django is set up."""
    return subprocess.Popen(
        [sys.executable, "-c", _START + code],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "sera_batching.settings",
            "DATABASE_URL": database_url(),
            "VAR_DIR": str(settings.VAR_DIR),
            "REDIS_URL": "",
            **environment,
        },
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process, and return its result."""
    process = start_python(code, **environment)
    output, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
