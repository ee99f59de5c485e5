"""Which entries of "Fix in QuickBooks" the page shows, and the same as CSV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounting.models import FollowUp
from accounting.models.follow_ups import FollowUpQuerySet
from sera_batching.days import day_begins, day_ends, read_day
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text
from sera_batching.tables import read_choice, read_search

CSV_HEADER: Final = (
    "Number",
    "Raised (UTC)",
    "Cause",
    "About",
    "Customer",
    "Batch",
    "Amount",
    "Problem",
    "What to do in QuickBooks",
    "Status",
    "Closed (UTC)",
    "By",
    "Note",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpFilters:
    """Filters of the list besides the status, combined as AND; days are the company's."""

    cause: str = ""
    date_from: date | None = None
    date_to: date | None = None
    text: str = ""

    @property
    def are_set(self) -> bool:
        return self != FollowUpFilters()

    @classmethod
    def read(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        """Return the filters of an address, and what is wrong with those that cannot be read."""
        found: dict[str, tuple[Any, str]] = {
            "cause": read_choice(query.get("cause", ""), FollowUp.Cause.values),
            "date_from": read_day(query.get("from", "")),
            "date_to": read_day(query.get("to", "")),
            "text": read_search(query.get("q", "")),
        }
        filters = cls(**{name: value for name, (value, _) in found.items()})
        return filters, [problem for _, problem in found.values() if problem]


def list_follow_ups(filters: FollowUpFilters, *, zone: ZoneInfo) -> FollowUpQuerySet:
    """Return the entries that match, of every status, newest first.

    `text` is a part of a number, of the customer's name or of what the entry says.
    """
    condition = Q()
    if filters.cause:
        condition &= Q(cause=filters.cause)
    if filters.date_from:
        condition &= Q(raised_at__gte=day_begins(filters.date_from, zone))
    if filters.date_to:
        condition &= Q(raised_at__lt=day_ends(filters.date_to, zone))
    if filters.text:
        condition &= (
            Q(invoice__number__icontains=filters.text)
            | Q(payment__number__icontains=filters.text)
            | Q(customer__name__icontains=filters.text)
            | Q(problem__icontains=filters.text)
            | Q(note__icontains=filters.text)
        )
    return FollowUp.objects.filter(condition).order_by("-pk")


def follow_up_lines(entries: FollowUpQuerySet) -> Iterator[str]:
    """Yield the entries as the lines of a CSV file."""
    return csv_lines(CSV_HEADER, map(_row, entries.for_list().iterator(chunk_size=500)))


def _row(entry: FollowUp) -> Sequence[str]:
    return (
        str(entry.pk),
        entry.raised_at.isoformat(timespec="seconds"),
        entry.get_cause_display(),
        safe_text(_about(entry)),
        safe_text(entry.customer.name if entry.customer else ""),
        str(entry.batch_id) if entry.batch_id is not None else "",
        cents_text(entry.amount_cents) if entry.amount_cents is not None else "",
        safe_text(entry.problem),
        safe_text(entry.remedy),
        entry.get_status_display(),
        entry.closed_at.isoformat(timespec="seconds") if entry.closed_at else "",
        safe_text(entry.closed_by.get_username() if entry.closed_by else ""),
        safe_text(entry.note),
    )


def _about(entry: FollowUp) -> str:
    if entry.invoice:
        return f"Invoice {entry.invoice.number}"
    if entry.payment:
        return f"Payment {entry.payment.number}"
    return f"Customer {entry.customer.number}" if entry.customer else f"Batch {entry.batch_id}"
