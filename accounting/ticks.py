"""What the buttons and boxes of Unbatched do to the ticks (domain.md §4, screens.md)."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounting.accompaniment import includable_invoices, missing_of_choice
from accounting.filters import Filters
from accounting.selection import (
    DOCUMENTS,
    StoredChoice,
    get_selection,
    tick_all,
    tick_documents,
    tick_everything,
)
from accounting.unbatched import INVOICES_TAB, sources
from sera_batching.exceptions import Refused
from sera_batching.models import User

Documents = Collection[tuple[str, int]]


class Act(StrEnum):
    """What a user asks to be done to the ticks."""

    ROWS = "rows"
    """The rows shown are ticked as the form says."""
    PAGE = "page"
    """Of the matching rows, only those shown."""
    ALL = "all"
    NONE = "none"
    EVERYTHING = "everything"
    """Both tables, whatever the filters: as the page is at first."""
    MISSING_INVOICES = "missing_invoices"
    """The invoices that the yellow warning names."""


@transaction.atomic
def apply_act(
    act: Act,
    *,
    user: User,
    tab: str,
    filters: Filters,
    profile: str,
    shown: Documents,
    ticked: Documents,
) -> None:
    """Change the user's ticks; Refused when none of the rows shown can be ticked any more."""
    if act == Act.ROWS:
        _tick_rows(user, tab, profile, shown, ticked)
    elif act == Act.PAGE:
        tick_all(user=user, tab=tab, filters=filters, profile=profile, is_ticked=False)
        _tick_rows(user, tab, profile, shown, shown)
    elif act == Act.EVERYTHING:
        tick_everything(user)
    elif act == Act.MISSING_INVOICES:
        _tick_missing_invoices(user, filters, profile)
    else:
        is_ticked = act == Act.ALL
        tick_all(user=user, tab=tab, filters=filters, profile=profile, is_ticked=is_ticked)


def _tick_rows(user: User, tab: str, profile: str, shown: Documents, ticked: Documents) -> None:
    """Tick those of the rows shown that are ticked, untick the others; only rows still there."""
    known = tickable(tab, profile, shown)
    if not known:
        raise Refused(
            "None of these rows can be ticked any more: they were batched, changed or blocked "
            "meanwhile. Reload the page."
        )
    chosen = known.intersection(ticked)
    for documents, is_ticked in ((chosen, True), (known - chosen, False)):
        if documents:
            tick_documents(user=user, tab=tab, documents=documents, is_ticked=is_ticked)


def tickable(tab: str, profile: str, documents: Documents) -> set[tuple[str, int]]:
    """Return those of the documents that are rows of the tab and not blocked; two statements."""
    found: set[tuple[str, int]] = set()
    for source, document in zip(sources(tab, profile), DOCUMENTS[tab], strict=True):
        ids = [pk for kind, pk in documents if kind == document]
        if ids:
            rows = source.filter(pk__in=ids, row_is_blocked=False)
            found.update((document, pk) for pk in rows.values_list("pk", flat=True))
    return found


def _tick_missing_invoices(user: User, filters: Filters, profile: str) -> None:
    wanted = _missing_invoices(user, filters, profile)
    tick_documents(
        user=user,
        tab=INVOICES_TAB,
        documents=[("invoice", pk) for pk in wanted.values_list("pk", flat=True)],
        is_ticked=True,
    )


def count_missing_that_match(user: User, filters: Filters, profile: str) -> int:
    """Return how many invoices of the yellow warning a tick can help; the filters hide the rest."""
    return _missing_invoices(user, filters, profile).filter(filters.condition()).count()


def _missing_invoices(user: User, filters: Filters, profile: str) -> QuerySet[Any]:
    """Return the rows of Unbatched that the yellow warning offers to select."""
    choice = StoredChoice(get_selection(user))
    missing = missing_of_choice(filters=filters, profile=profile, choice=choice)
    return includable_invoices(missing, profile)
