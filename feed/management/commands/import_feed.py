import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandParser

from feed.importer import FeedFile, import_feed
from feed.lines import read_lines
from feed.parsing import Problem
from feed.workbooks import sheets_of
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand, UsageError
from sera_batching.origin import Origin

STANDARD_INPUT: Final = "-"
WORKBOOK: Final = ".xlsx"


class Command(OperatorCommand):
    help = "Import customers, jobs, invoices, payments and refunds from JSON Lines or workbooks."
    channel = "feed"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="a path (.xlsx is a workbook), or - for standard input",
        )
        parser.add_argument(
            "--atomic", action="store_true", help="the first bad line rejects everything"
        )
        parser.add_argument("--dry-run", action="store_true", help="report only, write nothing")

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        for name in options["files"]:
            if name != STANDARD_INPUT and not _is_file(name):
                raise UsageError(f"There is no file “{name}”.")

        def tell(problem: Problem) -> None:
            if options["json"]:
                self.print_json(problem.to_json())
            else:
                self.stderr.write(str(problem))

        report = import_feed(
            _opened(options["files"]),
            origin=origin,
            atomic=options["atomic"],
            dry_run=options["dry_run"],
            on_problem=tell,
        )
        counts = report.to_json()
        if options["json"]:
            self.print_json(counts)
        else:
            self.stdout.write(", ".join(f"{number:,} {word}" for word, number in counts.items()))
        return EXIT_PROBLEM if report.refused else None


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:
        return False  # Such as a name longer than any file's.


def _opened(names: list[str]) -> Iterator[FeedFile]:
    """Open each file in turn, and close it afterwards."""
    for name in names:
        if name == STANDARD_INPUT:
            yield FeedFile(name, read_lines(sys.stdin.buffer))
            continue
        with Path(name).open("rb") as file:
            if name.lower().endswith(WORKBOOK):
                yield from sheets_of(file, source=name)
            else:
                yield FeedFile(name, read_lines(file))
