"""GET /unbatched: what a batch would take."""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import TABS, UnbatchedRow
from accounting.unbatched.selection import NamedDocuments, list_rows
from integrations.api.auth import origin_of
from integrations.api.cursors import read_cursor, write_cursor
from integrations.api.problems import INVALID, Problem
from integrations.api.schemas import FilterFields, TabName, UnbatchedPage
from sera_batching.models import Company
from sera_batching.money import cents_text

router = Router(tags=["Unbatched"])

MOST_ROWS: Final = 1_000
ROWS: Final = 200
CURSOR_TYPES: Final = (str, str, str, int)
"""Tab, number, kind, id of the document: the order of the list."""


class UnbatchedQuery(FilterFields):
    """The filters and the page."""

    tab: TabName | None = Field(None, description="Only one of the two tables.")
    limit: int = Field(ROWS, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(
        None, max_length=1_000, description="`next_cursor` of the previous page."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FiltersAfter(Filters):
    """Filters that skip the earlier pages: rows up to a (number, kind, id)."""

    after: tuple[str, str, int]

    def condition(self) -> Q:
        number, kind, document_id = self.after
        is_later = (
            Q(row_number__gt=number)
            | Q(row_number=number, row_kind__gt=kind)
            | Q(row_number=number, row_kind=kind, row_document_id__gt=document_id)
        )
        return Filters.condition(self) & is_later


@router.get("/unbatched", response=UnbatchedPage, url_name="unbatched")
def unbatched(request: HttpRequest, query: Query[UnbatchedQuery]) -> dict[str, Any]:
    """List what is unbatched: invoices and credit memos, then payments and refunds."""
    origin_of(request).require("accounting.view_unbatched")
    tabs = [query.tab] if query.tab else list(TABS)
    place = read_cursor(query.cursor, CURSOR_TYPES) if query.cursor else None
    if place and place[0] not in tabs:
        raise Problem(INVALID, "query.cursor: belongs to another list; start again without it")
    values, rows = query.to_values(), list[tuple[str, UnbatchedRow]]()
    for tab in tabs[tabs.index(place[0]) if place else 0 :]:
        filters = (
            FiltersAfter(**values, after=(place[1], place[2], place[3]))
            if place and place[0] == tab
            else Filters(**values)
        )
        rows += _read(tab, filters, query.limit + 1 - len(rows))
        if len(rows) > query.limit:
            break
    shown = rows[: query.limit]
    return {
        "rows": [_shape(tab, row) for tab, row in shown],
        "next_cursor": _cursor_after(*shown[-1]) if len(rows) > query.limit else None,
    }


def _read(tab: str, filters: Filters, count: int) -> list[tuple[str, UnbatchedRow]]:
    profile = Company.current().profile
    rows = list_rows(tab, filters=filters, profile=profile, choice=NamedDocuments())
    return [(tab, UnbatchedRow(*values)) for *values, _ in islice(rows[:count], count)]


def _cursor_after(tab: str, row: UnbatchedRow) -> str:
    return write_cursor([tab, row.number, row.kind, row.document_id])


def _shape(tab: str, row: UnbatchedRow) -> dict[str, Any]:
    return {
        "tab": tab,
        "kind": row.kind,
        "number": row.number,
        "date": row.date,
        "department": row.department,
        "customer": row.customer,
        "amount": cents_text(row.amount_cents),
        "is_blocked": row.is_blocked,
    }
