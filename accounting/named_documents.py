"""Conditions for documents that somebody names by kind and number, on the rows of Unbatched."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Q

from accounting.unbatched.rows import ROWS_OF


def are_named(pairs: Collection[tuple[str, str]]) -> Q:
    """Return a condition of one term a kind: SQLite takes no expression of a thousand terms."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for kind, number in pairs:
        numbers[kind].append(number)
    condition = Q(row_document="")
    for kind, some in numbers.items():
        condition |= Q(row_kind=kind, row_number__in=some)
    return condition


def only_named(document: str, pairs: Collection[tuple[str, str]]) -> Q:
    """Return the same for rows of one document, which the database then finds by their keys.

    Of kinds and numbers PostgreSQL expects one row, whatever they are, and reads every customer
    for each that it finds.
    """
    numbers = {number for _, number in pairs}
    rows = ROWS_OF[document]._default_manager.filter(number__in=numbers).order_by()
    return Q(pk__in=rows.values("pk")) & are_named(pairs)
