"""What the buttons and checkboxes of Unbatched do to the ticks (domain.md §4, screens.md)."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from accounting.models import Selection, SelectionException
from accounting.unbatched.filters import Filters
from accounting.unbatched.missing_invoices import includable_invoices, payments_missing_an_invoice
from accounting.unbatched.rows import DOCUMENTS, INVOICES_TAB, TABS, sources
from accounting.unbatched.selection import UserSelection, get_selection
from sera_batching.database.sql import insert_from
from sera_batching.exceptions import Refused
from sera_batching.models import User

Documents = Collection[tuple[str, int]]


class SelectionAction(StrEnum):
    """A change of the ticks that a user asks for."""

    ROWS = "rows"
    """Tick the rows shown as in the form."""
    PAGE = "page"
    """Tick only the rows shown, of those that match."""
    ALL = "all"
    NONE = "none"
    EVERYTHING = "everything"
    """Tick everything in both tables, ignoring the filters: the initial state."""
    MISSING_INVOICES = "missing_invoices"
    """Tick the invoices that the yellow warning names."""


@transaction.atomic
def change_selection(
    act: SelectionAction,
    *,
    user: User,
    tab: str,
    filters: Filters,
    profile: str,
    shown: Documents,
    ticked: Documents,
) -> None:
    """Change the user's ticks; Refused if none of the rows shown can be ticked any more."""
    if act == SelectionAction.ROWS:
        _tick_rows(user, tab, profile, shown, ticked)
    elif act == SelectionAction.PAGE:
        tick_all(user=user, tab=tab, filters=filters, profile=profile, is_ticked=False)
        _tick_rows(user, tab, profile, shown, shown)
    elif act == SelectionAction.EVERYTHING:
        tick_everything(user)
    elif act == SelectionAction.MISSING_INVOICES:
        _tick_missing_invoices(user, filters, profile)
    else:
        is_ticked = act == SelectionAction.ALL
        tick_all(user=user, tab=tab, filters=filters, profile=profile, is_ticked=is_ticked)


def _tick_rows(user: User, tab: str, profile: str, shown: Documents, ticked: Documents) -> None:
    """Tick the rows that the form has ticked, untick the others; skip rows that are gone."""
    known = tickable(tab, profile, shown)
    if not known:
        raise Refused(
            "None of these rows can be selected any longer: they have been batched, changed, "
            "or blocked. Reload the page."
        )
    chosen = known.intersection(ticked)
    for documents, is_ticked in ((chosen, True), (known - chosen, False)):
        if documents:
            tick_documents(user=user, tab=tab, documents=documents, is_ticked=is_ticked)


def tickable(tab: str, profile: str, documents: Documents) -> set[tuple[str, int]]:
    """Return the documents that are rows of the tab and not blocked; two statements."""
    found: set[tuple[str, int]] = set()
    for document, source in sources(tab, profile).items():
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
    """Return how many invoices of the yellow warning can be ticked; the filters hide the rest."""
    return _missing_invoices(user, filters, profile).filter(filters.condition()).count()


def _missing_invoices(user: User, filters: Filters, profile: str) -> QuerySet[Any]:
    """Return the rows of Unbatched that the yellow warning offers to select."""
    choice = UserSelection(get_selection(user))
    missing = payments_missing_an_invoice(filters=filters, profile=profile, choice=choice)
    return includable_invoices(missing, profile)


@transaction.atomic
def tick_documents(
    *, user: User, tab: str, documents: Collection[tuple[str, int]], is_ticked: bool
) -> None:
    """Tick or untick rows, given as (document, id); Refused for a row that is not on the tab."""
    if any(document not in DOCUMENTS[tab] for document, _ in documents):
        raise Refused("This table has no such documents. Reload the page.")
    selection = _locked(user)
    is_exception = is_ticked != _selects_all(selection, tab)
    if is_exception:
        SelectionException.objects.bulk_create(
            [
                SelectionException(selection=selection, document=document, document_id=number)
                for document, number in set(documents)
            ],
            ignore_conflicts=True,
        )
        return
    for document in DOCUMENTS[tab]:
        ids = [number for kind, number in documents if kind == document]
        selection.exceptions.filter(document=document, document_id__in=ids).delete()


@transaction.atomic
def tick_all(*, user: User, tab: str, filters: Filters, profile: str, is_ticked: bool) -> None:
    """The header checkbox: tick or untick all rows of a table that match the filters (D, C)."""
    selection = _locked(user)
    if not filters.are_set:
        selection.exceptions.filter(document__in=DOCUMENTS[tab]).delete()
        _set_mode(selection, tab, is_ticked)
        return
    is_exception = is_ticked != _selects_all(selection, tab)
    for document, source in sources(tab, profile).items():
        matching = source.filter(filters.condition())
        own = selection.exceptions.filter(document=document)
        if not is_exception:
            own.filter(document_id__in=matching.values("pk")).delete()
            continue
        # Does not exclude existing ones in SQL: PostgreSQL may read those just written for each
        # row.
        insert_from(
            SelectionException,
            matching,
            {"selection": selection, "document": document, "document_id": F("pk")},
            ignore_conflicts=True,
        )


@transaction.atomic
def tick_everything(user: User) -> None:
    """Return to the initial state: everything ticked in both tables."""
    selection = _locked(user)
    selection.exceptions.all().delete()
    for tab in TABS:
        _set_mode(selection, tab, True)


def _locked(user: User) -> Selection:
    return Selection.objects.select_for_update().get(pk=get_selection(user).pk)


def _selects_all(selection: Selection, tab: str) -> bool:
    return selection.selects_invoices if tab == INVOICES_TAB else selection.selects_payments


def _set_mode(selection: Selection, tab: str, is_all: bool) -> None:
    if tab == INVOICES_TAB:
        selection.selects_invoices = is_all
    else:
        selection.selects_payments = is_all
    selection.save()
