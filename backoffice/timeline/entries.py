"""The entries of a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from accounting.models import Batch
from invoices.differences import Difference
from sera_batching.models import User

NEWEST: Final = 50
"""Entries shown, unless the reader asks for all."""


class Topic(StrEnum):
    """The topic of an entry, as on its badge."""

    CONTENT = "Content"
    STATE = "State"
    MONEY = "Money"
    BATCH = "Batch"
    UNDO = "Undo"
    FOLLOW_UP = "Fix in QuickBooks"
    CUSTOMER = "Customer"


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry leads; without a URL the reader may not follow it."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened; amount in cents, where it has one."""

    at: datetime
    topic: Topic
    what: str
    who: str = ""
    """Empty if the application did it, or if only the feed knows."""
    source: str = ""
    """For a feed: its file and line."""
    why: str = ""
    amount_cents: int | None = None
    facts: Sequence[str] = ()
    links: Sequence[Link] = ()
    differences: Sequence[Difference] = ()
    rows_url: str = ""
    """Where the exact rows are that were sent."""
    is_taken_back: bool = False
    """A batch that was undone since."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest entries, newest first, and whether there are older ones."""

    entries: list[Entry]
    has_more: bool


def merge_newest(sources: Iterable[Iterable[Entry]], newest: int | None) -> Timeline:
    """Merge the newest entries of all sources, or all if None; in a tie later sources come first.

    Each source must yield its `newest` + 1 newest entries, or all that it has.
    """
    entries = [entry for source in sources for entry in source]
    entries.sort(key=attrgetter("at"), reverse=True)
    return Timeline(entries[:newest], has_more=newest is not None and len(entries) > newest)


def first_rows(rows: QuerySet[Any], newest: int | None, *, spare: int = 1) -> list[Any]:
    """Return as many rows as the newest entries need, plus a few; all for None."""
    return list(rows if newest is None else rows[: newest + spare])


def link_to(label: str, page: str, key: int, reader: User, permission: str) -> Link:
    """Return a link to a page for readers who may see it, and its label alone for others."""
    return Link(label, reverse(page, args=[key]) if reader.has_perm(permission) else "")


def link_to_batch(batch: Batch, reader: User) -> Link:
    label = "Opening batch" if batch.is_opening else f"Batch {batch.pk}: {batch.name}"
    return link_to(label, "accounting:batch", batch.pk, reader, "accounting.view_batch")


def link_to_invoice(number: str, invoice_id: int, reader: User) -> Link:
    return link_to(
        f"Invoice {number}", "invoices:detail", invoice_id, reader, "invoices.view_invoice"
    )


def link_to_payment(number: str, payment_id: int, reader: User) -> Link:
    return link_to(
        f"Payment {number}", "payments:detail", payment_id, reader, "payments.view_payment"
    )
