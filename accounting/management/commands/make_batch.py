import argparse
from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import CommandParser

from accounting.batches.make import make_batch, preview_batch, wait_for_batch
from accounting.batches.serializers import batch_shape, preview_shape
from accounting.management.arguments import (
    add_filter_arguments,
    batch_name_argument,
    document_argument,
    read_filters,
)
from accounting.management.batch_text import batch_lines
from accounting.models import Batch, Kind
from accounting.unbatched.named import UnknownDocument, require_known
from accounting.unbatched.rows import TABS
from accounting.unbatched.selection import NamedDocuments
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand, UsageError, text_argument
from sera_batching.exceptions import ServiceDown
from sera_batching.origin import Origin

TIMEOUT_SECONDS: Final = 900.0
"""Longer than the longest build (reliability.md) and the wait for its turn."""


class Command(OperatorCommand):
    help = "Batch everything that is unbatched, or what the options select."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_filter_arguments(parser)
        parser.add_argument("--kind", choices=Kind.values, help="only rows of this kind")
        parser.add_argument(
            "--search", type=text_argument, metavar="S", help="part of a number or customer"
        )
        parser.add_argument("--only", choices=TABS, help="only this tab")
        for name, does in (("include", "only these"), ("exclude", "all but these")):
            parser.add_argument(
                f"--{name}",
                type=document_argument,
                action="append",
                default=[],
                metavar="KIND:NUMBER",
                help=f"{does}; may be repeated",
            )
        parser.add_argument(
            "--name", type=batch_name_argument, metavar="N", help="name of the batch"
        )
        _add_ways(parser.add_mutually_exclusive_group())
        parser.add_argument(
            "--timeout",
            type=float,
            default=TIMEOUT_SECONDS,
            metavar="SECONDS",
            help="how long --wait waits (default: %(default)s)",
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        filters = read_filters(options)
        try:
            require_known([*options["include"], *options["exclude"]])
        except UnknownDocument as error:
            raise UsageError(str(error)) from error
        choice = NamedDocuments(
            only_tab=options["only"], include=options["include"], exclude=options["exclude"]
        )
        if options["dry_run"]:
            suggested, preview = preview_batch(origin=origin, choice=choice, filters=filters)
            self.show(preview_shape(options["name"] or suggested, preview), options)
            return None
        made = make_batch(
            origin=origin,
            choice=choice,
            filters=filters,
            name=options["name"] or "",
            is_built_here=options["here"],
        )
        batch = made.batch
        try:
            if options["wait"] or options["here"]:
                # Another process may have built it before ours.
                batch = wait_for_batch(batch_id=batch.pk, timeout_seconds=options["timeout"])
        except ServiceDown:
            self.show(batch_shape(batch, left_out=made.left_out), options)
            raise
        self.show(batch_shape(batch, left_out=made.left_out), options)
        return self.report_failure(batch)

    def show(self, shape: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        if options["json"]:
            self.print_json(shape)
            return
        for line in batch_lines(shape):
            self.stdout.write(line)

    def report_failure(self, batch: Batch) -> int | None:
        """Print on stderr why there is no zip; return the exit code."""
        if batch.status == Batch.Status.FAILED:
            self.stderr.write(f"Batch {batch.pk} could not be built: {batch.failure}")
            return EXIT_PROBLEM
        if batch.status == Batch.Status.UNDONE:
            self.stderr.write(f"Batch {batch.pk} has since been undone: {batch.undo_reason}")
            return EXIT_PROBLEM
        return None


def _add_ways(group: argparse._MutuallyExclusiveGroup) -> None:
    group.add_argument("--dry-run", action="store_true", help="show the batch, but don't make it")
    group.add_argument("--wait", action="store_true", help="wait until a worker has built it")
    group.add_argument("--here", action="store_true", help="build it in this process")
