"""How a day and a moment are written for people, on pages, in messages and by commands."""

from datetime import date, datetime, tzinfo


def day_text(day: date) -> str:
    """Return a day as "11/02/2026"."""
    return day.strftime("%m/%d/%Y")


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """Return a moment as "11/02/2026 10:42" in this time zone."""
    return moment.astimezone(zone).strftime("%m/%d/%Y %H:%M")
