"""Days that people type into a filter, and the moments between which a day lies."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def read_day(text: str) -> tuple[date | None, str]:
    """Return the day that the address names, and what is wrong with it: then every day is shown."""
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    # The first and the last year have moments that are in no year of another time zone.
    if date.min.year < day.year < date.max.year:
        return day, ""
    return None, f"“{text[:20]}” is no date; all dates are shown."


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day in this time zone."""
    return datetime.combine(day, time.min, tzinfo=zone)


def day_ends(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment after a day in this time zone, the first one of the next."""
    return day_begins(day + timedelta(days=1), zone)
