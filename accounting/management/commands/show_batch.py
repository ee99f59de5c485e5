from collections.abc import Mapping
from typing import Any, Final

from django.core.management.base import CommandParser
from django.db.models import Case, When

from accounting.batches.serializers import batch_line, batch_shape, item_shape
from accounting.management.arguments import add_batch_argument, find_batch
from accounting.management.batch_text import batch_lines
from accounting.management.tables import Column, table_lines
from accounting.models import Batch, BatchItem
from accounting.workbooks.layouts import FILE_NUMBERS
from sera_batching.commands import OperatorCommand
from sera_batching.date_texts import day_text
from sera_batching.origin import Origin

CHUNK: Final = 2_000
COLUMNS: Final = (
    Column("Kind", 14),
    Column("Number", 12),
    Column("Date", 10),
    Column("Department", 16),
    Column("Customer", 24),
    Column("Amount", 14, is_number=True),
)
_BY_FILE: Final = Case(*(When(kind=kind, then=number) for kind, number in FILE_NUMBERS.items()))


class Command(OperatorCommand):
    help = "Show one batch with its files, warnings and documents."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_batch_argument(parser)

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.view_batch")
        batch = find_batch(options)
        items = (
            BatchItem.objects.filter(batch=batch)
            .select_related("party")
            .order_by(_BY_FILE, "position")
            .iterator(chunk_size=CHUNK)
        )
        if options["json"]:
            self.print_json_list(_shape(batch), "items", map(item_shape, items))
            return None
        for line in batch_lines(batch_shape(batch)):
            self.stdout.write(line)
        if batch.undone_at:
            self.stdout.write(f"Undone by {batch.undone_by}: {batch.undo_reason}")
        if batch.failure:
            self.stdout.write(f"Failed: {batch.failure}")
        for line in table_lines(COLUMNS, map(_cells, items)):
            self.stdout.write(line)
        return None


def _cells(item: BatchItem) -> tuple[Any, ...]:
    return tuple((item_shape(item) | {"date": day_text(item.date)}).values())


def _shape(batch: Batch) -> dict[str, Any]:
    shape = batch_shape(batch)
    del shape["left_out"]
    return batch_line(batch, download_count=batch.downloads.count()) | shape
