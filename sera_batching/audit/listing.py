"""The audit trail as people read it: which events a page shows, in words, and as CSV."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from sera_batching.audit.seals import is_in_gap
from sera_batching.audit.subjects import subject_labels
from sera_batching.date_texts import day_text, moment_text
from sera_batching.days import within_days
from sera_batching.filters import ChoiceFilter, FilterForm, MomentDayFilter, SearchFilter
from sera_batching.models import AuditEvent, AuditSeal
from sera_batching.money import cents_display
from sera_batching.navigation import detail_url
from sera_batching.spreadsheets import csv_lines, safe_text

CHANNELS: Final[Mapping[str, str]] = {
    "page": "Page",
    "command": "Command",
    "feed": "Feed",
    "api": "API",
    "task": "Worker",
}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_DAY_IN_JSON: Final = re.compile(rf'(?<="){_DAY.pattern}(?=")')
CSV_HEADER: Final = (
    "Number",
    "At (UTC)",
    "Who",
    "Action",
    "About",
    "Before",
    "After",
    "Note",
    "Channel",
    "Source",
    "Address",
    "Request",
)


class AuditFilterForm(FilterForm):
    """The filters of the audit trail; what it understands are arguments of `list_events`."""

    date_from = MomentDayFilter("From")
    date_to = MomentDayFilter("To")
    who = SearchFilter("Who", hint="User name")
    subject = ChoiceFilter("About", blank="Everything")
    channel = ChoiceFilter("Source", CHANNELS.items(), blank="All sources")
    text = SearchFilter(hint="Number, note, request")

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.offer("subject", lambda: subject_labels().items())


def list_events(
    *,
    zone: ZoneInfo,
    date_from: date | None = None,
    date_to: date | None = None,
    who: str = "",
    subject: str = "",
    channel: str = "",
    text: str = "",
) -> QuerySet[AuditEvent]:
    """Return the events that match, newest first; days are those of `zone`, inclusive.

    `text` is looked for in what an event is about and in its note, and as a whole request id.
    """
    condition = within_days("at", date_from, date_to, zone)
    if who:
        condition &= Q(actor_name__iexact=who)
    if subject:
        condition &= Q(action__startswith=f"{subject}.")
    if channel:
        condition &= Q(channel=channel)
    if text:
        condition &= Q(target_label__icontains=text) | Q(note__icontains=text) | Q(request_id=text)
    return AuditEvent.objects.filter(condition).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Change:
    """One fact before and after, as people read it; empty where it was not there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the page."""

    event: AuditEvent
    what: str
    url: str
    """Of the page of what it is about; empty where there is none."""
    changes: list[Change]
    block: int | None
    """The number of the block that seals it; None until then."""

    @property
    def channel(self) -> str:
        return CHANNELS.get(self.event.channel, self.event.channel)


def lines_of(events: Sequence[AuditEvent]) -> list[Line]:
    """Return events of one page, newest first, in words and with their blocks; two statements."""
    blocks = _blocks_of(events)
    return [
        Line(
            event=event,
            what=in_words(event.action),
            url=detail_url(event.target_type, event.target_id),
            changes=changes_of(event),
            block=blocks.get(event.pk),
        )
        for event in events
    ]


def _blocks_of(events: Sequence[AuditEvent]) -> dict[int, int]:
    """Map the id of each event that is sealed to the number of its block."""
    if not events:
        return {}
    seals = AuditSeal.objects.filter(last_id__gte=events[-1].pk, first_id__lte=events[0].pk)
    late = AuditSeal.objects.exclude(late_ids=[])
    blocks = {
        event.pk: seal.number
        for seal in seals
        for event in events
        if seal.first_id <= event.pk <= seal.last_id and not is_in_gap(event.pk, seal.gaps)
    }
    return blocks | {event_id: seal.number for seal in late for event_id in seal.late_ids}


def in_words(action: str) -> str:
    """Return "credit_memo.recorded" as "Credit memo recorded"."""
    return action.replace(".", " ").replace("_", " ").capitalize()


def changes_of(event: AuditEvent) -> list[Change]:
    """Return what an event changed, by name; amounts in cents become amounts."""
    return [
        Change(
            name.removesuffix("_cents").replace("_", " "),
            _readable(name, event.before.get(name)),
            _readable(name, event.after.get(name)),
        )
        for name in sorted({**event.before, **event.after})
    ]


def _readable(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name.endswith("_cents") and isinstance(value, int):
        return cents_display(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _as_people_read(value)
    text = json.dumps(value, ensure_ascii=False)
    return _DAY_IN_JSON.sub(lambda day: _as_people_read(day[0]), text)


def _as_people_read(text: str) -> str:
    """Return an ISO day or moment as pages write it, any other text as it is."""
    try:
        if _DAY.fullmatch(text):
            return day_text(date.fromisoformat(text))
        if _MOMENT.match(text):
            return moment_text(datetime.fromisoformat(text), timezone.get_current_timezone())
    except ValueError:
        pass
    return text


def event_lines(events: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield the lines of the trail as CSV, header first; streamed."""
    return csv_lines(CSV_HEADER, map(_cells, events.iterator(chunk_size=1_000)))


def _cells(event: AuditEvent) -> list[Any]:
    return [
        event.pk,
        timezone.localtime(event.at, timezone=ZoneInfo("UTC")).isoformat(),
        safe_text(event.actor_name),
        event.action,
        safe_text(event.target_label),
        safe_text(json.dumps(event.before, ensure_ascii=False) if event.before else ""),
        safe_text(json.dumps(event.after, ensure_ascii=False) if event.after else ""),
        safe_text(event.note),
        event.channel,
        safe_text(event.source),
        event.address,
        event.request_id,
    ]
