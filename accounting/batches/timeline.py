"""The history of a batch, from its audit trail, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from accounting.models import Batch
from sera_batching.audit import events_of
from sera_batching.models import AuditEvent

SHOWN_AT_MOST: Final = 100

_WORDS: Final[Mapping[str, str]] = {
    "batch.confirmed": "Confirmed",
    "batch.ready": "Files stored",
    "batch.failed": "Build failed",
    "batch.retried": "Queued again",
    "batch.rebuilt": "Zip rebuilt",
    "batch.downloaded": "Downloaded",
    "batch.undone": "Undone",
    "batch.released": "Released",
    "batch.file_loaded": "Marked as loaded",
    "batch.file_not_loaded": "Marked as not loaded",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    what: str
    who: str
    detail: str


def timeline_of(batch: Batch) -> list[Entry]:
    """Return the newest entries of a batch's history, newest first; one statement."""
    return [entry_of(event) for event in events_of(batch)[:SHOWN_AT_MOST]]


def entry_of(event: AuditEvent) -> Entry:
    """Return an audit event in words."""
    detail = [*facts_of(event), event.note] if event.note else facts_of(event)
    return Entry(event.at, what_of(event), who_of(event), " · ".join(detail))


def what_of(event: AuditEvent) -> str:
    """Return what happened; an unknown action is shown by its code."""
    return (
        _WORDS.get(event.action) or event.action.rpartition(".")[2].replace("_", " ").capitalize()
    )


def who_of(event: AuditEvent) -> str:
    """Return who did it; empty for a worker."""
    return "" if event.channel == "task" else event.actor_name


def facts_of(event: AuditEvent) -> list[str]:
    """Return details: the file, the failure, the batch that it was undone with."""
    facts = [str(event.after[name]) for name in ("file", "failure") if event.after.get(name)]
    if because_of := event.after.get("with"):
        facts.append(f"together with batch {because_of}")
    return facts
