from collections.abc import Iterator, Mapping
from typing import Any, Final

from accounting.batches.listing import list_batches
from accounting.batches.serializers import batch_line
from accounting.management.tables import Column, table_lines
from sera_batching.commands import OperatorCommand
from sera_batching.date_texts import moment_text
from sera_batching.models import Company
from sera_batching.money import cents_display
from sera_batching.origin import Origin

COLUMNS: Final = (
    Column("Batch", 6, is_number=True),
    Column("Status", 8),
    Column("Name", 28),
    Column("Created", 16),
    Column("By", 12),
    Column("Documents", 9, is_number=True),
    Column("Total", 14, is_number=True),
    Column("Downloads", 9, is_number=True),
)


class Command(OperatorCommand):
    help = "List previous batches, newest first."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.view_batch")
        zone = Company.current().zone
        batches: Iterator[Any] = list_batches(zone=zone).iterator(chunk_size=1_000)
        if options["json"]:
            for batch in batches:
                self.print_json(batch_line(batch, download_count=batch.download_count))
            return None
        rows = (
            (
                batch.pk,
                batch.status,
                batch.name,
                moment_text(batch.created_at, zone),
                batch.created_by.username,
                batch.document_count,
                cents_display(batch.total_cents),
                batch.download_count,
            )
            for batch in batches
        )
        lines = list(table_lines(COLUMNS, rows))
        self.stdout.write("\n".join(lines) if lines else "There are no batches yet.")
        return None
