"""The base of every operator command: acting user, `--json`, exit codes (operations.md,
Commands)."""

import json
import os
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError

from sera_batching.exceptions import Conflict, DomainError, ServiceDown
from sera_batching.models import User
from sera_batching.models.users import OPERATIONS_USERNAME
from sera_batching.origin import Origin
from sera_batching.release import version_line

EXIT_PROBLEM: Final = 1
EXIT_USAGE: Final = 2
EXIT_CONFLICT: Final = 3
EXIT_SERVICE_DOWN: Final = 4

Value = TypeVar("Value")


class UsageError(CommandError):
    """The command line names something that does not exist; exit code 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=EXIT_USAGE)


class OperatorCommand(BaseCommand, ABC):
    """A command that calls one service on behalf of a user.

    A subclass adds its arguments (calling `super().add_arguments`) and defines `operate`, which
    returns the exit code, or None for 0. A DomainError becomes a line on stderr and exit code 1,
    3 (Conflict) or 4 (ServiceDown; a database that does not answer).
    """

    channel = "command"
    requires_system_checks = ()
    """Those look at the code, pages too: `make check` and the start of a web server do."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--user",
            type=text_argument,
            default=OPERATIONS_USERNAME,
            metavar="USERNAME",
            help="the acting user (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print JSON, one object per line")

    def get_version(self) -> str:
        """Return what `--version` prints after the name of the command, too."""
        return version_line()

    @abstractmethod
    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        """Do the work; return the exit code."""

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            code = self.operate(origin=self.find_origin(options["user"]), options=options)
            self.stdout.flush()
        except Conflict as error:
            raise CommandError(str(error), returncode=EXIT_CONFLICT) from error
        except ServiceDown as error:
            raise CommandError(str(error), returncode=EXIT_SERVICE_DOWN) from error
        except DomainError as error:
            raise CommandError(str(error), returncode=EXIT_PROBLEM) from error
        except (OperationalError, InterfaceError) as error:
            message = f"The database isn't responding, or hasn't been migrated: {error}".strip()
            raise CommandError(message, returncode=EXIT_SERVICE_DOWN) from error
        except BrokenPipeError:
            # The reader, such as `head`, has closed the pipe: nothing more can be written.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = EXIT_PROBLEM
        if code:
            raise SystemExit(code)

    def find_origin(self, username: str) -> Origin:
        """Return who acts; an unknown or deactivated user is a usage error."""
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise UsageError(f"There is no active user “{username}”.")
        return Origin(user=user, channel=self.channel)

    def print_json(self, content: Mapping[str, Any]) -> None:
        """Print one object on a line of stdout."""
        self.stdout.write(json.dumps(content, ensure_ascii=False))

    def print_json_list(
        self, content: Mapping[str, Any], name: str, entries: Iterable[Mapping[str, Any]]
    ) -> None:
        """Print one object on a line of stdout, with a last field that may be a long list."""
        head = json.dumps({**content, name: []}, ensure_ascii=False)
        self.stdout.write(head.removesuffix("]}"), ending="")
        comma = ""
        for entry in entries:
            self.stdout.write(comma + json.dumps(entry, ensure_ascii=False), ending="")
            comma = ", "
        self.stdout.write("]}")


def argument(read: Callable[[str], Value]) -> Callable[[str], Value]:
    """Return an argparse type that shows the reason of a ValueError as its usage error."""

    def read_argument(text: str) -> Value:
        try:
            return read(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from error

    return read_argument


def check_text(text: str) -> str:
    """Return text that can be stored; ValueError for text that no database takes."""
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("is not valid UTF-8")
    if "\0" in text:
        raise ValueError("has a character that no text may have: NUL")
    return text


@argument
def text_argument(text: str) -> str:
    """Return text that can be stored: `type=text_argument`."""
    return check_text(text)


@argument
def date_argument(text: str) -> date:
    """Return the day of an ISO date such as 2026-11-02: `type=date_argument`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Python also reads 20261102 and 2026-W45-1.
    if day is None or day.isoformat() != text:
        raise ValueError(f"“{text}” isn't a date; write it like 2026-11-02")
    return day
