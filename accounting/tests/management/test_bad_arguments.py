"""No argument breaks a command: an error is one line, with its exit code (B8).

The commands and options come from the parsers, so that new ones are included automatically.
"""

import argparse
import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError

pytestmark = pytest.mark.django_db

NOT_HERE: Final = {
    "run_demo",  # starts processes
    "seed_demo",  # makes a whole company; refused in its own tests
    "flush",  # empties the tables of every test that follows
}
VALUES: Final = (
    "",
    "\x00",
    "-1",
    "9" * 400,
    "2026-02-30",
    "x" * 5_000,
    "invoice_insert:\x00",
    "\udcff",  # an undecodable byte, as Python passes it
    "/dev/null/nowhere",
)
_ALWAYS: Final = {
    "undo_batch": ("--reason", "x", "--yes"),
    "export_batch": ("--to", "/dev/null/nowhere"),
}
"""What a command needs before it reads the rest."""


def commands() -> list[str]:
    own = [name for name, app in get_commands().items() if app in settings.PROJECT_APPS]
    return sorted(set(own) - NOT_HERE)


def command_lines(name: str, command: BaseCommand) -> Iterator[list[str]]:
    """Yield command lines with one odd argument each."""
    parser = command.create_parser("manage.py", name)
    common = {action.dest for action in BaseCommand().create_parser("manage.py", "x")._actions}
    always = list(_ALWAYS.get(name, ()))
    for action in parser._actions:
        if action.dest in common or isinstance(action, argparse._StoreTrueAction):
            continue
        for value in VALUES:
            if action.option_strings:
                needed = ["1"] if has_positional(parser, common) else []
                yield [*needed, *always, action.option_strings[-1], value]
            else:
                yield [*always, "--", value]


def has_positional(parser: argparse.ArgumentParser, common: set[str]) -> bool:
    return any(
        not action.option_strings and action.dest not in common for action in parser._actions
    )


def run(command: BaseCommand, name: str, arguments: list[str]) -> tuple[int, str]:
    """Return exit code and stderr, as a shell would see them; the connection stays open."""
    err = io.StringIO()
    command._called_from_command_line = True  # type: ignore[attr-defined]
    with redirect_stdout(io.StringIO()), redirect_stderr(err):
        try:
            options = vars(command.create_parser("manage.py", name).parse_args(arguments))
            positional = options.pop("args", ())
            command.execute(*positional, **{**options, "stdout": io.StringIO(), "stderr": err})
        except CommandError as error:
            return error.returncode, str(error)
        except SystemExit as stopped:
            return int(stopped.code or 0), err.getvalue()
    return 0, err.getvalue()


@pytest.mark.parametrize("name", commands())
def test_no_argument_breaks_a_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    for arguments in command_lines(name, load_command_class(get_commands()[name], name)):
        command = load_command_class(get_commands()[name], name)
        shown = (name, [each[:40] for each in arguments])
        try:
            code, said = run(command, name, arguments)
        except Exception as error:
            raise AssertionError(shown) from error
        assert code in range(5), (shown, said)
        assert "Traceback" not in said, shown
        assert said.strip() or code in (0, 1), (shown, code)


def test_the_commands_are_found() -> None:
    assert {"make_batch", "import_feed", "check_documents", "unbatched"} <= set(commands())
