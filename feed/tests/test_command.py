"""`import_feed`: files, standard input, exit codes and what is printed (feed.md)."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from feed.tests.feeding import BASE, as_lines, invoice, job, refund
from invoices.models import Invoice, InvoiceRevision
from invoices.tests.factories import make_user
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db

GOOD = as_lines(*BASE, invoice())
BAD = as_lines(*BASE, job(customer="C-9"), b"{", invoice())


def run(*arguments: Any, **options: Any) -> tuple[int, list[str], list[str]]:
    """Run the command; return the exit code, the lines of stdout and of stderr."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("import_feed", *map(str, arguments), stdout=out, stderr=err, **options)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_bytes(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(BAD)
    return path


def test_a_good_file(good: Path) -> None:
    assert run(good) == (0, ["4 created, 0 changed, 0 unchanged, 0 refused"], [])
    assert InvoiceRevision.objects.get().source == f"{good}:4"
    assert AuditEvent.objects.get().actor_name == "ops"


def test_json_ends_with_the_counts(good: Path) -> None:
    code, out, err = run(good, "--json")
    assert (code, err) == (0, [])
    assert json.loads(out[-1]) == {"created": 4, "changed": 0, "unchanged": 0, "refused": 0}
    assert json.loads(run(good, "--json")[1][-1]) == {
        "created": 0,
        "changed": 0,
        "unchanged": 4,
        "refused": 0,
    }


NO_CUSTOMER = "there is no customer “C-9”; send it on an earlier line, or correct this"
NO_JSON = (
    "is not JSON at character 3 (Expecting property name enclosed in double quotes); send "
    "one record per line"
)


def test_refused_lines_are_named_on_stderr(bad: Path) -> None:
    assert run(bad) == (
        1,
        ["4 created, 0 changed, 0 unchanged, 2 refused"],
        [f"{bad}:4: customer: {NO_CUSTOMER}", f"{bad}:5: line: {NO_JSON}"],
    )
    assert Invoice.objects.count() == 1


def test_refused_lines_are_objects_with_json(bad: Path) -> None:
    code, out, err = run(bad, "--json")
    assert (code, err) == (1, [])
    assert [json.loads(line) for line in out] == [
        {"file": str(bad), "line": 4, "field": "customer", "reason": NO_CUSTOMER},
        {"file": str(bad), "line": 5, "field": "line", "reason": NO_JSON},
        {"created": 4, "changed": 0, "unchanged": 0, "refused": 2},
    ]


def test_atomic_writes_nothing(bad: Path) -> None:
    code, out, err = run(bad, "--atomic")
    assert (code, out) == (1, ["0 created, 0 changed, 0 unchanged, 1 refused"])
    assert err == [f"{bad}:4: customer: {NO_CUSTOMER}"]
    assert not Invoice.objects.exists()


def test_a_dry_run_writes_nothing(good: Path) -> None:
    assert run(good, "--dry-run")[:2] == (0, ["4 created, 0 changed, 0 unchanged, 0 refused"])
    assert not Invoice.objects.exists()


def test_several_files_are_one_import(good: Path, bad: Path) -> None:
    assert run(good, bad)[:2] == (1, ["4 created, 0 changed, 4 unchanged, 2 refused"])


def test_a_problem_can_be_printed_whatever_is_in_the_line_and_the_name(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    path.write_bytes(as_lines({"type": "job", "\ud800": 1}, refund(amount="\ud800")))
    code, _, err = run(path)
    assert code == 1
    assert [line.encode().decode().partition("caf")[2] for line in err] == [
        (
            "\\udce9.jsonl:1: '\\ud800': is not a known field; "
            "known are: number, customer, department, imported"
        ),
        '\\udce9.jsonl:2: amount: must be a decimal string such as "150.00"',
    ]


def test_a_missing_file_is_a_usage_error_before_anything_is_read(good: Path) -> None:
    code, out, err = run(good, "nowhere.jsonl")
    assert (code, out, err) == (2, [], ["There is no file “nowhere.jsonl”."])
    assert not Invoice.objects.exists()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2


def test_an_unknown_user_is_a_usage_error(good: Path) -> None:
    assert run(good, "--user", "nobody") == (2, [], ["There is no active user “nobody”."])


def test_a_deactivated_user_is_a_usage_error(good: Path) -> None:
    user = make_user(username="gone")
    user.is_active = False
    user.save()
    assert run(good, "--user", "gone")[0] == 2


def test_another_user_acts(good: Path) -> None:
    make_user("Admin", username="ann")
    assert run(good, "--user", "ann")[0] == 0
    assert AuditEvent.objects.get().actor_name == "ann"


def test_a_user_without_the_permission_is_refused(good: Path) -> None:
    make_user("Accountant", username="bob")
    code, _, err = run(good, "--user", "bob")
    assert code == 1
    assert err == [
        (
            "bob isn't allowed to do this (it requires accounting.import_feed). Ask your "
            "company's admin."
        )
    ]
    assert not Invoice.objects.exists()


def test_no_file_at_all_is_a_usage_error() -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "import_feed"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 2


@pytest.fixture
def own_database(tmp_path: Path) -> dict[str, str]:
    """An environment with its own migrated database, for commands run as processes."""
    environment = {"PATH": "", "VAR_DIR": str(tmp_path / "own")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
    )
    return environment


def test_standard_input_as_a_process(own_database: dict[str, str]) -> None:
    ten_megabytes = b'{"memo":"' + b"x" * 10_000_000 + b'"}\n'
    result = subprocess.run(
        [sys.executable, "manage.py", "import_feed", "-", "--json"],
        cwd=settings.BASE_DIR,
        env=own_database,
        input=ten_megabytes + GOOD,
        capture_output=True,
        check=False,
    )
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "file": "-",
            "line": 1,
            "field": "line",
            "reason": "has more than 1,000,000 bytes; split the record",
        },
        {"created": 4, "changed": 0, "unchanged": 0, "refused": 1},
    ]
    assert (result.returncode, result.stderr) == (1, b"")


def test_a_database_that_is_down_is_exit_code_4(good: Path) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "import_feed", str(good)],
        cwd=settings.BASE_DIR,
        env={
            "PATH": "",
            "VAR_DIR": str(good.parent / "var"),
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        },
        capture_output=True,
        check=False,
    )
    assert result.returncode == 4
    assert b"The database isn't responding" in result.stderr
