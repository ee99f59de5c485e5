"""What ticks and filters select: the rows of Unbatched that a batch would take (domain.md §4).

A batch takes the selected rows that match the filters, from both tabs. Blocked rows cannot be
selected. Ticks are stored on the server, as one mode per table plus exceptions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounting.models import Selection, SelectionException
from accounting.unbatched.blocking import without_blocked
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import (
    INVOICES_TAB,
    ROW_COLUMNS,
    ROWS_OF,
    TABS,
    UnbatchedRow,
    sources,
)
from sera_batching.models import Company, User

SORTS: Final = {
    "number": "row_number",
    "date": "row_date",
    "customer": "row_customer",
    "department": "row_department",
    "kind": "row_kind",
    "amount": "row_amount_cents",
}


class SelectionRule(Protocol):
    """What is ticked."""

    def ticked(self, tab: str, document: str) -> Combinable | Q:
        """Return an expression on a source's columns: whether the row is ticked."""


@dataclass(frozen=True, slots=True)
class UserSelection:
    """A user's ticks on the page."""

    selection: Selection

    def ticked(self, tab: str, document: str) -> Combinable | Q:
        exception = Exists(
            SelectionException.objects.filter(
                selection=self.selection, document=document, document_id=OuterRef("pk")
            )
        )
        is_all = (
            self.selection.selects_invoices
            if tab == INVOICES_TAB
            else self.selection.selects_payments
        )
        return ~exception if is_all else exception


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDocuments:
    """The documents that a command or request names; all of them if it names none.

    `include` limits to the named (kind, number) pairs, `exclude` then removes some.
    """

    only_tab: str | None = None
    include: Collection[tuple[str, str]] = ()
    exclude: Collection[tuple[str, str]] = ()

    def ticked(self, tab: str, document: str) -> Combinable | Q:
        if self.only_tab is not None and tab != self.only_tab:
            return Value(False, output_field=BooleanField())
        condition = ~Q(row_document="") & ~are_named(self.exclude)
        return condition & only_named(document, self.include) if self.include else condition


@dataclass(frozen=True, slots=True)
class TabTotals:
    """The totals of a tab: row counts, and sums in cents."""

    matching_count: int = 0
    matching_cents: int = 0
    selected_count: int = 0
    selected_cents: int = 0
    hidden_count: int = 0
    """Ticked rows that the filters hide; they are not batched."""
    blocked_count: int = 0
    unbatched_count: int = 0
    """Rows of the tab without any filter."""
    arrived_count: int = 0
    """Matching rows that were added after the time as of which the page was made."""


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """A row of Unbatched with its tick."""

    row: UnbatchedRow
    is_selected: bool


def selected_sources(tab: str, *, profile: str, choice: SelectionRule) -> dict[str, QuerySet[Any]]:
    """Return the sources of a tab with `row_is_selected`: ticked, and not blocked."""
    return {
        document: source.annotate(is_ticked=choice.ticked(tab, document)).annotate(
            row_is_selected=Q(is_ticked=True) & Q(row_is_blocked=False)
        )
        for document, source in sources(tab, profile).items()
    }


def chosen_sources(
    *documents: str, filters: Filters, profile: str, choice: SelectionRule
) -> dict[str, QuerySet[Any]]:
    """Return the rows of these documents that a batch would take; one statement.

    Document → rows, for names such as "invoice" and "payment".
    """
    closing_date = Company.current().closing_date
    return {
        document: without_blocked(
            source.filter(filters.condition(), choice.ticked(tab, document)), profile, closing_date
        )
        for tab in TABS
        for document, source in sources(tab, profile).items()
        if document in documents
    }


def list_rows(
    tab: str,
    *,
    filters: Filters,
    profile: str,
    choice: SelectionRule,
    sort: str = "number",
    descending: bool = False,
) -> QuerySet[Any]:
    """Return the matching rows of a tab, sorted, to be sliced; read them with `read_rows`."""
    first, second = (
        source.filter(filters.condition()).values_list(*ROW_COLUMNS, "row_is_selected")
        for source in selected_sources(tab, profile=profile, choice=choice).values()
    )
    direction = "-" if descending else ""
    column = SORTS[sort]
    order = [f"{direction}{column}", f"{direction}row_number", "row_kind", "row_document_id"]
    return first.union(second, all=True).order_by(*dict.fromkeys(order))


def list_keys(
    tab: str, *, filters: Filters, profile: str, sort: str = "number", descending: bool = False
) -> QuerySet[Any]:
    """Return the keys of the matching rows in `list_rows` order, to be sliced; see `read_keys`.

    For a hundred thousand rows the database then sorts only the sort columns.
    """
    column = SORTS[sort]
    keys = list(dict.fromkeys([column, "row_number", "row_kind", "row_document_id"]))
    first, second = (
        source.filter(filters.condition()).values_list("row_document", *keys)
        for source in sources(tab, profile).values()
    )
    direction = "-" if descending else ""
    order = [f"{direction}{column}", f"{direction}row_number", "row_kind", "row_document_id"]
    return first.union(second, all=True).order_by(*dict.fromkeys(order))


def read_keys(
    keys: Iterable[tuple[Any, ...]], *, tab: str, profile: str, choice: SelectionRule
) -> list[SelectedRow]:
    """Return the rows of these keys in order; one statement per source of the tab."""
    wanted = [(key[0], key[-1]) for key in keys]
    found: dict[tuple[str, int], SelectedRow] = {}
    for document, source in selected_sources(tab, profile=profile, choice=choice).items():
        rows = source.filter(pk__in=[pk for name, pk in wanted if name == document])
        for one in read_rows(rows.values_list(*ROW_COLUMNS, "row_is_selected")):
            found[document, one.row.document_id] = one
    return [found[key] for key in wanted if key in found]


def read_rows(rows: Iterable[tuple[Any, ...]]) -> list[SelectedRow]:
    """Return the rows of `list_rows` with named columns."""
    return [SelectedRow(UnbatchedRow(*values[:-1]), bool(values[-1])) for values in rows]


def tab_totals(
    tab: str,
    *,
    filters: Filters,
    profile: str,
    choice: SelectionRule,
    as_of: datetime | None = None,
) -> TabTotals:
    """Return the counts and sums of a tab; two statements, regardless of its size.

    The rows are counted in a dozen groups, so that each row is read once.
    """
    matching = filters.condition() or Value(True)
    is_late = Q(row_changed_at__gt=as_of or timezone.now())
    groups: list[_Group] = []
    for source in selected_sources(tab, profile=profile, choice=choice).values():
        counted = (
            source.annotate(is_matching=matching, is_late=is_late)
            .order_by()
            .values("is_matching", "is_ticked", "row_is_blocked", "is_late")
            .annotate(row_count=Count("pk"), cents=Coalesce(Sum("row_amount_cents"), 0))
        )
        groups += [_Group(*values) for values in counted.values_list(*_Group._fields)]
    matches = [group for group in groups if group.is_matching]
    # What arrived after the page was loaded is not part of what the user would batch.
    selected = [group for group in matches if group.is_selected and not group.is_late]
    return TabTotals(
        matching_count=_count(matches),
        matching_cents=sum(group.cents for group in matches),
        selected_count=_count(selected),
        selected_cents=sum(group.cents for group in selected),
        hidden_count=_count(g for g in groups if g.is_selected and not g.is_matching),
        blocked_count=_count(group for group in matches if group.row_is_blocked),
        unbatched_count=_count(groups),
        arrived_count=_count(group for group in matches if group.is_late),
    )


class _Group(NamedTuple):
    """Rows of a source that are equal in all that the totals need; None is unknown."""

    is_matching: bool | None
    is_ticked: bool
    row_is_blocked: bool
    is_late: bool
    row_count: int
    cents: int

    @property
    def is_selected(self) -> bool:
        return self.is_ticked and not self.row_is_blocked


def _count(groups: Iterable[_Group]) -> int:
    return sum(group.row_count for group in groups)


def get_selection(user: User) -> Selection:
    """Return the user's ticks; initially everything is ticked (D)."""
    selection, _ = Selection.objects.get_or_create(user=user)
    return selection


def are_named(pairs: Collection[tuple[str, str]]) -> Q:
    """Return a condition with one term per kind: SQLite rejects expressions of a thousand terms."""
    numbers: dict[str, list[str]] = defaultdict(list)
    for kind, number in pairs:
        numbers[kind].append(number)
    condition = Q(row_document="")
    for kind, some in numbers.items():
        condition |= Q(row_kind=kind, row_number__in=some)
    return condition


def only_named(document: str, pairs: Collection[tuple[str, str]]) -> Q:
    """Return the same for the rows of one document, so that the database finds them by key.

    For kinds and numbers PostgreSQL always expects one row, and reads every customer for each row
    that it finds.
    """
    numbers = {number for _, number in pairs}
    rows = ROWS_OF[document]._default_manager.filter(number__in=numbers).order_by()
    return Q(pk__in=rows.values("pk")) & are_named(pairs)
