import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounting.batches.serializers import reversal_shape, undone_shape
from accounting.batches.undo import release_batch, undo_batch
from accounting.batches.undo_plan import (
    UndoPlan,
    count_freed_refunds,
    count_returns,
    list_reversals,
    plan_undo,
    with_zip,
)
from accounting.management.arguments import add_batch_argument, find_batch
from accounting.models import Batch
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand, UsageError, text_argument
from sera_batching.date_texts import day_text
from sera_batching.money import cents_display
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Undo a batch, or release a failed one: its documents are unbatched again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_batch_argument(parser)
        parser.add_argument(
            "--reason",
            required=True,
            type=text_argument,
            metavar="R",
            help="the reason, kept with the batch",
        )
        parser.add_argument(
            "--with-dependents",
            action="store_true",
            help="undo the later batches that depend on it as well, newest first",
        )
        parser.add_argument(
            "--yes", action="store_true", help="don't ask; required when there is no terminal"
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        batch = find_batch(options)
        plan = None if options["yes"] else self.plan_to_agree_on(batch)
        if plan and not self.is_agreed(plan, options):
            self.stderr.write("Nothing was undone.")
            return EXIT_PROBLEM
        service = release_batch if batch.status == Batch.Status.FAILED else undo_batch
        undone = service(
            batch_id=batch.pk,
            reason=options["reason"],
            origin=origin,
            with_dependents=options["with_dependents"],
            agreed_dependents=[one.pk for one in plan.dependents] if plan else None,
        )
        if options["json"]:
            reversals = list_reversals(with_zip(undone))
            self.print_json_list(undone_shape(undone), "to_reverse", map(reversal_shape, reversals))
        else:
            for line in _lines(undone):
                self.stdout.write(line)
        return None

    def plan_to_agree_on(self, batch: Batch) -> UndoPlan:
        """Return what a person at the terminal must agree to; UsageError without a terminal."""
        if not sys.stdin.isatty():
            raise UsageError("There is no terminal to ask at: pass --yes.")
        return plan_undo(batch)

    def is_agreed(self, plan: UndoPlan, options: Mapping[str, Any]) -> bool:
        """Ask at the terminal, unless the undo would be refused anyway."""
        if not plan.batch.is_live or (plan.dependents and not options["with_dependents"]):
            return True
        self.stderr.write(_question(plan))
        return sys.stdin.readline().strip().lower() == "yes"


def _question(plan: UndoPlan) -> str:
    numbers = ", ".join(str(batch.pk) for batch in (*plan.dependents, plan.batch))
    count = sum(each.document_count for each in plan.returns_with_dependents)
    return (
        f"This undoes batch {numbers}: {count:,} documents will be unbatched again. Nothing "
        "in QuickBooks changes. To continue, type yes:"
    )


def _lines(undone: tuple[Batch, ...]) -> Iterator[str]:
    batches = list(undone)
    for batch in undone:
        yield f"Batch {batch.pk} ({batch.name}) is {'released' if batch.is_released else 'undone'}."
    yield "Unbatched again:"
    for total in count_returns(batches):
        newer = f", {total.newer_count:,} with a newer version" if total.newer_count else ""
        yield (
            f"  {total.label}: {total.document_count:,}, {cents_display(total.total_cents)}{newer}"
        )
    if freed := count_freed_refunds(batches):
        yield f"  Refunds netted in payments, released: {freed:,}"
    loadable = with_zip(undone)
    if loadable:
        yield "Nothing in QuickBooks has changed. If the files were loaded, reverse in this order:"
    for each in list_reversals(loadable):
        yield (
            f"  batch {each.batch_id} file {each.file_number}: {each.number}, {each.customer}, "
            f"{day_text(each.date)}, {cents_display(each.amount_cents)}: {each.what_to_do}"
        )
