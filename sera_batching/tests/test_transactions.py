"""Which services retry after a deadlock, and a page's response if that did not help.

Real deadlocks and lost connections are in `faults/`.
"""

import ast
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.test import RequestFactory

from sera_batching.database.transactions import is_unanswered, retry_when_given_up, was_given_up
from sera_batching.views.errors import server_error

DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"
LOCK_NOT_AVAILABLE = "55P03"


class FromPostgres(Exception):
    """What psycopg2 raises, by its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.pgcode = code


def error_with(code: str) -> OperationalError:
    error = OperationalError(code)
    error.__cause__ = FromPostgres(code)
    return error


# Which services


def services() -> Iterator[tuple[Path, ast.FunctionDef]]:
    folder = Path(settings.BASE_DIR)
    modules = [path for app in settings.PROJECT_APPS for path in (folder / app).rglob("*.py")]
    for path in sorted(path for path in modules if "tests" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield path.relative_to(folder), node


def names_called(function: ast.FunctionDef) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_every_act_on_a_document_begins_anew() -> None:
    acts = [one for one in services() if "document_action" in names_called(one[1])]
    assert len(acts) >= 25
    assert [
        f"{path}: {function.name}"
        for path, function in acts
        if "retry_when_given_up" not in map(ast.unparse, function.decorator_list)
    ] == []


# How often


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [DEADLOCK_DETECTED, SERIALIZATION_FAILURE])
def test_a_service_begins_thrice_at_most(code: str) -> None:
    attempts = []

    @retry_when_given_up
    def act(successful: int) -> str:
        attempts.append(successful)
        if len(attempts) < successful:
            raise error_with(code)
        return "done"

    assert (act(3), len(attempts)) == ("done", 3)
    attempts.clear()
    with pytest.raises(OperationalError, match=code):
        act(4)
    assert len(attempts) == 3


@pytest.mark.django_db(transaction=True)
def test_another_error_is_raised_at_once() -> None:
    attempts = []

    @retry_when_given_up
    def act() -> None:
        attempts.append(1)
        raise error_with(LOCK_NOT_AVAILABLE)

    with pytest.raises(OperationalError):
        act()
    assert len(attempts) == 1


@pytest.mark.django_db
def test_within_a_transaction_it_is_for_the_caller_to_begin_anew() -> None:
    attempts = []

    @retry_when_given_up
    def act() -> None:
        attempts.append(1)
        raise error_with(DEADLOCK_DETECTED)

    with pytest.raises(OperationalError):
        act()
    assert len(attempts) == 1


# Responses


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (error_with(DEADLOCK_DETECTED), "Nothing you did was saved. Try again."),
        (error_with(SERIALIZATION_FAILURE), "Nothing you did was saved. Try again."),
        (OperationalError("server closed the connection"), "The database isn't responding."),
        (InterfaceError("connection already closed"), "The database isn't responding."),
    ],
)
def test_a_database_that_is_busy_or_away_is_a_503(error: Exception, words: str) -> None:
    try:
        raise error
    except Exception:
        response = server_error(RequestFactory().post("/"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert words in response.content.decode()


def test_a_fault_of_our_own_is_a_500() -> None:
    try:
        raise ValueError
    except ValueError:
        response = server_error(RequestFactory().post("/"))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_what_the_errors_mean() -> None:
    deadlock = error_with(DEADLOCK_DETECTED)
    gone = OperationalError("gone")
    assert [was_given_up(each) for each in (deadlock, gone, ValueError(), None)] == [
        True,
        False,
        False,
        False,
    ]
    assert [is_unanswered(each) for each in (deadlock, gone, ValueError(), None)] == [
        False,
        True,
        False,
        False,
    ]


def test_a_turn_that_sqlite_never_gave_changed_nothing(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "x", isolation_level=None)) as writer,
        closing(sqlite3.connect(tmp_path / "x", isolation_level=None, timeout=0)) as waiting,
    ):
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            waiting.execute("BEGIN IMMEDIATE")
    error = OperationalError("database is locked")
    error.__cause__ = caught.value
    assert was_given_up(error) is True
