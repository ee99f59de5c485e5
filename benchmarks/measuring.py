"""Takes measurements, and records the facts of the machine."""

import os
import platform
import resource
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from django.db import connection
from django.test.utils import CaptureQueriesContext

Answer = TypeVar("Answer")

_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Our seconds, and those of a naive way to do the same; memory is a process's peak in MB."""

    work: str
    size: int
    seconds: float
    statements: int | None = None
    peak_mb: float | None = None
    naive: str = ""
    naive_seconds: float | None = None
    naive_peak_mb: float | None = None
    naive_sample: int | None = None
    """The sample from which the naive seconds are extrapolated; None if all were done."""

    @property
    def ratio(self) -> float | None:
        return self.naive_seconds / self.seconds if self.naive_seconds and self.seconds else None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "times_faster": self.ratio}


def seconds_of(work: Callable[[], object]) -> float:
    """Do it once; return the seconds that it took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def timed(work: Callable[[], Answer]) -> tuple[Answer, float, int]:
    """Do it once; return what it gives, its seconds, and how many statements it needed."""
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        answer = work()
        seconds = time.perf_counter() - started
    return answer, seconds, len(queries)


def best_of(repeat: int, work: Callable[[], object]) -> tuple[float, int]:
    """Return the shortest time of this many runs in seconds, and the statements of one."""
    runs = [timed(work)[1:] for _ in range(repeat)]
    return min(runs)


def peak_megabytes() -> float:
    """Return the most memory that this process had; where Linux tells, without its parent's."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def machine_facts() -> dict[str, Any]:
    """Return what the figures depend on, and nothing that names a place."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_at_start": load,
        "database": f"{connection.vendor} {database_version()}",
    }


def database_version() -> str:
    """Return the version of the server, or of the SQLite library."""
    query = (
        "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0]).split()[0]
