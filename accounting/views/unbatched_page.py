"""What the URL of Unbatched asks for, and everything that the page shows for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from accounting.models import Batch, Kind
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.filters import Filters
from accounting.unbatched.flags import flags, key_of
from accounting.unbatched.forms import UnbatchedFilterForm
from accounting.unbatched.missing_invoices import missing_invoices_of_selection
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB, TABS, UnbatchedRow
from accounting.unbatched.selection import (
    SORTS,
    SelectedRow,
    TabTotals,
    UserSelection,
    get_selection,
    list_keys,
    read_keys,
    tab_totals,
)
from accounting.unbatched.selection_changes import count_missing_that_match
from sera_batching.http import company_of, origin_of
from sera_batching.tables import Sorting, page_of

LABELS: Final = {INVOICES_TAB: "Invoices", PAYMENTS_TAB: "Payments"}
COLUMNS: Final = (
    ("number", "Number", ""),
    ("date", "Date", ""),
    ("customer", "Customer", ""),
    ("department", "Department", ""),
    ("kind", "Kind", ""),
)
SHORT_KINDS: Final = {
    Kind.INVOICE_INSERT: "New",
    Kind.INVOICE_UPDATE: "Changed",
    Kind.CREDIT_MEMO: "Credit memo",
    Kind.PAYMENT_INSERT: "New",
    Kind.PAYMENT_UPDATE: "Changed",
    Kind.JOURNAL: "Refund",
}
PAGES: Final = {
    "invoice": "invoices:detail",
    "credit_memo": "invoices:credit_memo",
    "payment": "payments:detail",
    "refund": "payments:refund",
}
OLDEST_LOOK: Final = timedelta(days=7)
"""A page that has been open longer counts as just opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbatchedRequest:
    """Table, filters and sort order; invalid values are ignored and listed as problems."""

    tab: str
    filters: Filters
    sorting: Sorting
    page: str
    profile: str
    form: UnbatchedFilterForm
    problems: list[str]

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read the URL of a request."""
        profile = company_of(request).profile
        tab = request.GET.get("tab", INVOICES_TAB)
        sorting, problem = Sorting.read(request.GET.get("sort", ""), SORTS, "number")
        problems = [problem] if problem else []
        if tab not in TABS:
            problems.append(f"There is no table “{tab[:20]}”; the invoices are shown.")
            tab = INVOICES_TAB
        kept = {"tab": tab} if tab != INVOICES_TAB else {}
        if sorting.text != "number":
            kept["sort"] = sorting.text
        form = UnbatchedFilterForm(request.GET, profile=profile, kept=kept)
        return cls(
            tab=tab,
            filters=Filters(**form.understood),
            sorting=sorting,
            page=request.GET.get("page", ""),
            profile=profile,
            form=form,
            problems=[*form.problems, *problems],
        )

    @property
    def query(self) -> QueryDict:
        """The valid URL parameters, from which links are built."""
        query = QueryDict(mutable=True)
        query.update(self.form.parameters)
        if self.page not in ("", "1"):
            query["page"] = self.page
        return query

    @property
    def url(self) -> str:
        """The URL of this view of Unbatched."""
        query = self.query.urlencode()
        return reverse("accounting:unbatched") + (f"?{query}" if query else "")


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the table with everything that it shows."""

    row: UnbatchedRow
    is_selected: bool
    words: list[str]
    reasons: list[str]

    @property
    def key(self) -> str:
        return f"{self.row.document}:{self.row.document_id}"

    @property
    def kind(self) -> str:
        return SHORT_KINDS[Kind(self.row.kind)]

    @property
    def url(self) -> str:
        return reverse(PAGES[self.row.document], args=[self.row.document_id])


@dataclass(frozen=True, slots=True)
class TabView:
    """One of the two tables, as shown in the tabs and the selection bar."""

    key: str
    totals: TabTotals
    is_current: bool

    @property
    def label(self) -> str:
        return LABELS[self.key]

    @property
    def box(self) -> str:
        """The state of the header checkbox: the value of aria-checked."""
        selectable = self.totals.matching_count - self.totals.blocked_count
        if self.totals.selected_count == 0:
            return "false"
        return "true" if self.totals.selected_count == selectable else "mixed"


def read_moment(text: str) -> datetime | None:
    """Return the time as of which a page was made; None unless it is recent."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    now = timezone.now()
    return moment if now - OLDEST_LOOK <= moment <= now else None


def selection_context(
    request: HttpRequest, look: UnbatchedRequest, as_of: datetime
) -> dict[str, Any]:
    """Return what the selection bar, the yellow warning and the header checkbox show."""
    user = origin_of(request).user
    choice = UserSelection(get_selection(user))
    tabs = [
        TabView(
            tab,
            tab_totals(tab, filters=look.filters, profile=look.profile, choice=choice, as_of=as_of),
            tab == look.tab,
        )
        for tab in TABS
    ]
    warning = missing_invoices_of_selection(
        filters=look.filters, profile=look.profile, choice=choice
    )
    is_filtered = look.filters.are_set and not warning.is_complete
    return {
        "look": look,
        "form": look.form,
        "query": look.query,
        "choice": choice,
        "as_of": as_of,
        "tabs": tabs,
        "current": next(tab for tab in tabs if tab.is_current),
        "arrived_count": sum(tab.totals.arrived_count for tab in tabs),
        "selected_count": sum(tab.totals.selected_count for tab in tabs),
        "hidden_count": sum(tab.totals.hidden_count for tab in tabs),
        "blocked_count": sum(tab.totals.blocked_count for tab in tabs),
        "warning": warning,
        "filtered_out_count": warning.includable_count
        - count_missing_that_match(user, look.filters, look.profile)
        if is_filtered
        else 0,
    }


def page_context(request: HttpRequest, look: UnbatchedRequest) -> dict[str, Any]:
    """Return everything that the page shows; the number of statements is constant."""
    context = selection_context(request, look, timezone.now())
    keys = list_keys(
        look.tab,
        filters=look.filters,
        profile=look.profile,
        sort=look.sorting.key,
        descending=look.sorting.is_descending,
    )
    totals = context["current"].totals
    page, problem = page_of(keys, look.page, count=totals.matching_count)
    selected = read_keys(
        page.object_list, tab=look.tab, profile=look.profile, choice=context["choice"]
    )
    is_all_batched = not any(tab.totals.unbatched_count for tab in context["tabs"])
    return context | {
        "page": page,
        "rows": row_views(selected, look.profile),
        "headers": [look.sorting.header(*column) for column in COLUMNS],
        "amount_header": look.sorting.header("amount", "Total", "amount"),
        "problems": [*look.problems, *([problem] if problem else [])],
        "is_all_batched": is_all_batched,
        "is_emptied": is_emptied(context["tabs"]),
        "last_batch": Batch.objects.select_related("created_by").first()
        if is_all_batched
        else None,
    }


def is_emptied(tabs: list[TabView]) -> bool:
    """Return whether the user has deselected everything that could be batched."""
    return not any(tab.totals.selected_count + tab.totals.hidden_count for tab in tabs) and any(
        tab.totals.matching_count > tab.totals.blocked_count for tab in tabs
    )


def row_views(selected: list[SelectedRow], profile: str) -> list[RowView]:
    """Return the rows with their flags and block reasons."""
    rows = [one.row for one in selected]
    words, reasons = flags(rows), block_reasons(rows, profile)
    return [
        RowView(
            one.row,
            one.is_selected,
            words.get(key_of(one.row), []),
            reasons.get(key_of(one.row), []),
        )
        for one in selected
    ]
