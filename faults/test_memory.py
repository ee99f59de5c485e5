"""What is far too large is refused without being held in memory (reliability.md B10)."""

import json
from pathlib import Path

import pytest

from accounting.tests.processes import run_python
from invoices.models import Department
from sera_batching.models import AuditEvent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

GIGABYTE = 1_000_000_000
MOST_MEMORY = 600_000_000
"""Bytes of address space that a command may have: half of what it is fed."""

IMPORT = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, ({MOST_MEMORY}, {MOST_MEMORY}))
from django.core.management import call_command
call_command("import_feed", PATH, "--json")
"""
DEPARTMENT = json.dumps(
    {
        "type": "department",
        "name": "HVAC",
        "timezone": "America/Chicago",
        "default_item": "",
        "default_class": "",
        "terms": "",
        "archived": False,
    }
).encode()


def import_within_limits(path: Path) -> tuple[int, dict[str, int]]:
    """Import a file with little memory; return the exit code and the counts."""
    done = run_python(f"PATH = {str(path)!r}\n{IMPORT}")
    assert "MemoryError" not in done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_one_line_of_a_gigabyte_is_refused_and_the_next_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    with path.open("wb") as file:
        file.seek(GIGABYTE)
        file.write(b"\n" + DEPARTMENT + b"\n")
    code, counts = import_within_limits(path)
    assert (code, counts["created"], counts["refused"]) == (1, 1, 1)
    assert Department.objects.get().name == "HVAC"


def test_a_gigabyte_of_long_lines_is_refused_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "feed.jsonl"
    lines = 500
    with path.open("wb") as file:
        for number in range(1, lines + 1):
            file.seek(GIGABYTE // lines * number)
            file.write(b"\n")
        file.write(DEPARTMENT + b"\n")
    code, counts = import_within_limits(path)
    assert (code, counts["created"], counts["refused"]) == (1, 1, lines)
    assert AuditEvent.objects.filter(action="feed.imported").count() == 1


def test_a_workbook_of_a_gigabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.xlsx"
    with path.open("wb") as file:
        file.truncate(GIGABYTE)
    done = run_python(f"PATH = {str(path)!r}\n{IMPORT}")
    assert done.returncode == 1
    assert done.stderr.endswith("CommandError: This isn't a workbook; save it as .xlsx.\n")
    assert not Department.objects.exists()
