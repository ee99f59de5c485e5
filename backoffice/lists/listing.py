"""What the lists of invoices and payments share: order, totals and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, QuerySet, Sum

from sera_batching.tables import Sorting

CHUNK: Final = 500
"""Rows of a CSV that are read together, so that memory stays bounded."""
MAY_BE_BLANK: Final = "department"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many documents a list has, and their sums in cents."""

    count: int
    amount_cents: int
    open_cents: int


def totals_of(rows: QuerySet[Any]) -> Totals:
    """Return the totals of a list, whatever its length; one statement, one look at its table."""
    sums = rows.order_by().aggregate(
        count=Count("pk"), amount=Sum("amount_cents"), open=Sum("open_cents")
    )
    return Totals(sums["count"], sums["amount"] or 0, sums["open"] or 0)


def in_order(rows: QuerySet[Any], sorting: Sorting, sorts: Mapping[str, str]) -> QuerySet[Any]:
    """Return the rows by one of the columns, the newest first among equals; blanks last."""
    column = F(sorts[sorting.key])
    # Only where there are blanks: no index is in descending order with blanks last.
    blanks: dict[str, bool] = {"nulls_last": True} if sorting.key == MAY_BE_BLANK else {}
    ordered = column.desc(**blanks) if sorting.is_descending else column.asc(**blanks)
    return rows.order_by(ordered, "-pk")


@dataclass(frozen=True, slots=True)
class PagedRows:
    """A list to be cut into pages: two statements a page, however long the list and late the page.

    The first sorts only keys, starting from the nearer end of the list.
    """

    rows: QuerySet[Any]
    """In order."""
    count: int
    related: tuple[str, ...]

    def __getitem__(self, page: slice) -> list[Any]:
        start, stop = page.start, min(page.stop, self.count)
        keys = self.rows.values_list("pk", flat=True)
        if start + stop <= self.count:
            wanted = list(keys[start:stop])
        else:
            wanted = list(keys.reverse()[self.count - stop : self.count - start])[::-1]
        model = self.rows.model
        found = model._default_manager.select_related(*self.related).in_bulk(wanted)
        return [found[key] for key in wanted]
