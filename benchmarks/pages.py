"""The statements of Unbatched: totals, pages, filters, sorts, select all, the yellow warning."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any, Final

from accounting.invariants.expected_unbatched import expected_invoices, expected_payments
from accounting.unbatched.filters import Filters
from accounting.unbatched.missing_invoices import missing_invoices_of_selection
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB, TABS
from accounting.unbatched.selection import (
    SORTS,
    SelectedRow,
    UserSelection,
    get_selection,
    list_keys,
    read_keys,
    tab_totals,
)
from accounting.unbatched.selection_changes import tick_all
from benchmarks.data import operations_origin
from benchmarks.measuring import Result, best_of, seconds_of
from invoices.models import Invoice
from payments.models import Payment
from sera_batching.models import Company, User
from sera_batching.tables import ROWS_A_PAGE

SAMPLE: Final = 2_000
FILTERS: Final = {
    "a month": Filters(date_from=date(2025, 3, 1), date_to=date(2025, 3, 31)),
    "a department": Filters(department=2),
    "a search": Filters(search="0001"),
}


def measure_pages(*, repeat: int) -> Iterator[Result]:
    """Yield the best time of each statement that the page makes, a table at a time."""
    user = operations_origin().user
    profile = Company.current().profile
    choice = UserSelection(get_selection(user))
    for tab in TABS:
        totals = partial(tab_totals, tab, profile=profile, choice=choice)
        size = totals(filters=Filters()).unbatched_count
        seconds, statements = best_of(repeat, partial(totals, filters=Filters()))
        naive_seconds, sample = _naive_totals(tab)
        yield Result(
            work=f"{tab}: totals",
            size=size,
            seconds=seconds,
            statements=statements,
            naive="all documents as objects",
            naive_seconds=naive_seconds,
            naive_sample=sample,
        )
        for name, work in _statements_of(tab, user, profile, choice, size).items():
            seconds, statements = best_of(repeat, work)
            yield Result(work=f"{tab}: {name}", size=size, seconds=seconds, statements=statements)
    seconds, statements = best_of(
        repeat,
        partial(missing_invoices_of_selection, filters=Filters(), profile=profile, choice=choice),
    )
    size = Payment.objects.count()
    yield Result(work="yellow warning", size=size, seconds=seconds, statements=statements)


def _statements_of(
    tab: str, user: User, profile: str, choice: UserSelection, size: int
) -> dict[str, Callable[[], object]]:
    """Return what a user can ask of one table, by name, in the order to be measured."""

    def read(first: int = 0, **options: Any) -> list[SelectedRow]:
        keys = list_keys(tab, profile=profile, **{"filters": Filters(), **options})
        page = keys[first : first + ROWS_A_PAGE]
        return read_keys(page, tab=tab, profile=profile, choice=choice)

    totals = partial(tab_totals, tab, profile=profile, choice=choice)
    tick = partial(tick_all, user=user, tab=tab, profile=profile)
    found: dict[str, Callable[[], object]] = {
        "first page": read,
        "last page": partial(read, max(0, size - ROWS_A_PAGE)),
    }
    for name in SORTS:
        found[f"by {name}, descending"] = partial(read, sort=name, descending=True)
    for name, filters in FILTERS.items():
        found[f"totals of {name}"] = partial(totals, filters=filters)
        found[f"page of {name}"] = partial(read, filters=filters)
    department = FILTERS["a department"]
    found["none of a department"] = partial(tick, filters=department, is_ticked=False)
    found["totals with exceptions"] = partial(totals, filters=Filters())
    found["select all"] = partial(tick, filters=Filters(), is_ticked=True)
    return found


def _naive_totals(tab: str) -> tuple[float | None, int]:
    """Decide in Python, document by document, what needs batching; extrapolated from a sample."""
    model, expected = {
        INVOICES_TAB: (Invoice, expected_invoices),
        PAYMENTS_TAB: (Payment, expected_payments),
    }[tab]
    ids = list(model._default_manager.order_by("-pk").values_list("pk", flat=True)[:SAMPLE])
    if not ids:
        return None, 0
    seconds = seconds_of(lambda: expected(ids)) * model._default_manager.count() / len(ids)
    return seconds, len(ids)
