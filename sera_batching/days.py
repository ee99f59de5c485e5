"""Days as conditions, and the moments between which a day lies."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q


def on_days(column: str, first: date | None, last: date | None) -> Q:
    """Return the condition that a column of days is within these days, inclusive; None is open."""
    condition = Q()
    if first:
        condition &= Q(**{f"{column}__gte": first})
    if last:
        condition &= Q(**{f"{column}__lte": last})
    return condition


def within_days(column: str, first: date | None, last: date | None, zone: ZoneInfo) -> Q:
    """Return the same for a column of moments; `zone` tells when a day begins."""
    condition = Q()
    if first:
        condition &= Q(**{f"{column}__gte": day_begins(first, zone)})
    if last:
        condition &= Q(**{f"{column}__lt": day_ends(last, zone)})
    return condition


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day in this time zone."""
    return datetime.combine(day, time.min, tzinfo=zone)


def day_ends(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment after a day in this time zone, the first one of the next."""
    return day_begins(day + timedelta(days=1), zone)
