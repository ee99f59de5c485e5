"""What every operator command shares: who acts, `--json`, and the exit codes (operations.md)."""

import argparse
import datetime
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError

from invoices.tests.factories import make_user
from sera_batching.commands import OperatorCommand, UsageError, date_argument
from sera_batching.exceptions import Conflict, NotAllowed, Refused, ServiceDown
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


class Doing(OperatorCommand):
    """A command that does one given thing."""

    def __init__(self, outcome: Exception | int | None = None) -> None:
        self.out = io.StringIO()
        super().__init__(stdout=self.out)
        self.outcome = outcome
        self.origin: Origin | None = None

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        self.origin = origin
        if isinstance(self.outcome, Exception):
            raise self.outcome
        self.print_json({"name": "Zoë", "json": options["json"]})
        return self.outcome


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (Refused("The rule says no."), 1, "The rule says no."),
        (NotAllowed("You may not."), 1, "You may not."),
        (UsageError("No such thing."), 2, "No such thing."),
        (Conflict("Batch 3 depends on it."), 3, "Batch 3 depends on it."),
        (ServiceDown("The storage is full."), 4, "The storage is full."),
        (
            OperationalError("refused"),
            4,
            "The database isn't responding, or hasn't been migrated: refused",
        ),
        (InterfaceError("gone"), 4, "The database isn't responding, or hasn't been migrated: gone"),
    ],
)
def test_an_error_becomes_a_line_and_an_exit_code(
    error: Exception, code: int, message: str
) -> None:
    with pytest.raises(CommandError) as caught:
        call_command(Doing(error))
    assert (caught.value.returncode, str(caught.value)) == (code, message)


@pytest.mark.parametrize("code", [1, 3])
def test_a_code_that_is_returned_is_the_exit_code(code: int) -> None:
    with pytest.raises(SystemExit) as caught:
        call_command(Doing(code))
    assert caught.value.code == code


@pytest.mark.parametrize("outcome", [None, 0])
def test_nothing_returned_is_success(outcome: int | None) -> None:
    call_command(Doing(outcome))


def test_ops_acts_unless_another_user_is_named() -> None:
    command = Doing()
    call_command(command)
    assert command.origin is not None
    assert (command.origin.user.username, command.origin.channel) == ("ops", "command")
    ann = make_user(username="ann")
    call_command(command, "--user", "ann")
    assert command.origin.user == ann


@pytest.mark.parametrize("username", ["nobody", "gone"])
def test_an_unknown_or_deactivated_user_is_a_usage_error(username: str) -> None:
    gone = make_user(username="gone")
    gone.is_active = False
    gone.save()
    with pytest.raises(CommandError, match=f"There is no active user “{username}”.") as caught:
        call_command(Doing(), "--user", username)
    assert caught.value.returncode == 2


def test_json_is_one_object_a_line_in_its_own_script() -> None:
    command = Doing()
    call_command(command, "--json")
    out = command.out.getvalue()
    assert out == '{"name": "Zoë", "json": true}\n'
    assert json.loads(out) == {"name": "Zoë", "json": True}


def test_a_date_argument() -> None:
    assert date_argument("2026-11-02") == datetime.date(2026, 11, 2)


@pytest.mark.parametrize("text", ["2026-02-30", "20261102", "2026-W45-1", "today", ""])
def test_what_is_no_date_is_a_usage_error(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        date_argument(text)
    assert str(caught.value) == f"“{text}” isn't a date; write it like 2026-11-02"
