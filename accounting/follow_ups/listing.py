"""Which entries of "Fix in QuickBooks" the page shows, and the same as CSV."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounting.models import FollowUp
from accounting.models.follow_ups import FollowUpQuerySet
from sera_batching.days import within_days
from sera_batching.filters import ChoiceFilter, FilterForm, MomentDayFilter, SearchFilter
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

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


class FollowUpFilterForm(FilterForm):
    """The filters beside the status; what it understands are arguments of `list_follow_ups`."""

    cause = ChoiceFilter("Cause", FollowUp.Cause.choices)
    date_from = MomentDayFilter("Raised from")
    date_to = MomentDayFilter("To")
    text = SearchFilter(hint="Number, customer, text")


def list_follow_ups(
    *,
    zone: ZoneInfo,
    cause: str = "",
    date_from: date | None = None,
    date_to: date | None = None,
    text: str = "",
) -> FollowUpQuerySet:
    """Return the entries that match, of every status, newest first; days are those of `zone`.

    `text` is a part of a number, of the customer's name or of what the entry says.
    """
    condition = within_days("raised_at", date_from, date_to, zone)
    if cause:
        condition &= Q(cause=cause)
    if text:
        condition &= (
            Q(invoice__number__icontains=text)
            | Q(payment__number__icontains=text)
            | Q(customer__name__icontains=text)
            | Q(problem__icontains=text)
            | Q(note__icontains=text)
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
