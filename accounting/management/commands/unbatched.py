from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.core.management.base import CommandParser

from accounting.management.arguments import add_filter_arguments, read_filters
from accounting.management.tables import Column, table_lines
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import TABS, UnbatchedRow
from accounting.unbatched.selection import NamedDocuments, list_rows
from sera_batching.commands import OperatorCommand
from sera_batching.date_texts import day_text
from sera_batching.models import Company
from sera_batching.money import cents_display, cents_text
from sera_batching.origin import Origin

CHUNK: Final = 2_000
COLUMNS: Final = (
    Column("Tab", 8),
    Column("Kind", 14),
    Column("Number", 12),
    Column("Date", 10),
    Column("Department", 16),
    Column("Customer", 24),
    Column("Amount", 14, is_number=True),
    Column("", 7),
)


class Command(OperatorCommand):
    help = "List what the Unbatched page shows."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_filter_arguments(parser)

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.view_unbatched")
        rows = _rows(read_filters(options))
        if options["json"]:
            for tab, row in rows:
                self.print_json(_shape(tab, row))
            return None
        is_empty = True
        for line in table_lines(COLUMNS, (_cells(tab, row) for tab, row in rows)):
            self.stdout.write(line)
            is_empty = False
        if is_empty:
            self.stdout.write("Nothing is unbatched.")
        return None


def _rows(filters: Filters) -> Iterator[tuple[str, UnbatchedRow]]:
    """Yield (tab, row) in the order of the page, streamed."""
    profile = Company.current().profile
    for tab in TABS:
        rows = list_rows(tab, filters=filters, profile=profile, choice=NamedDocuments())
        for *values, _ in rows.iterator(chunk_size=CHUNK):
            yield tab, UnbatchedRow(*values)


def _shape(tab: str, row: UnbatchedRow) -> dict[str, Any]:
    return {
        "tab": tab,
        "kind": row.kind,
        "number": row.number,
        "date": row.date.isoformat(),
        "department": row.department,
        "customer": row.customer,
        "amount": cents_text(row.amount_cents),
    }


def _cells(tab: str, row: UnbatchedRow) -> tuple[object, ...]:
    return (
        tab,
        row.kind,
        row.number,
        day_text(row.date),
        row.department,
        row.customer,
        cents_display(row.amount_cents),
        "blocked" if row.is_blocked else "",
    )
