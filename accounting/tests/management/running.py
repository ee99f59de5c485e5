"""Runs a command in a test: in this process, as an operator would."""

import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError, call_command


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its output with --json: one object per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict[str, Any]:
        """The only object of its output."""
        (found,) = self.objects
        return found


def run(command: str, *arguments: object, **options: Any) -> Ran:
    """Run the command; a refusal gives its exit code and a line on stderr."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=err, **options)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    return Ran(code, out.getvalue(), err.getvalue())
