"""Working through "Fix in QuickBooks": a person ticks off what they did there."""

from django.utils import timezone

from accounting.models import FollowUp
from sera_batching import audit
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin
from sera_batching.texts import checked_text

PERMISSION = "accounting.work_follow_ups"


@retry_when_given_up
def close_follow_up(*, follow_up: FollowUp, note: str, origin: Origin) -> FollowUp:
    """Mark an entry as done, with a note; if it is done already, nothing changes.

    Raises NotAllowed, and Refused for an entry that an undo has superseded (domain.md §3).
    """
    with document_action(origin=origin, permission=PERMISSION):
        entry = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
        if entry.status == FollowUp.Status.DONE:
            return entry
        if entry.status == FollowUp.Status.SUPERSEDED:
            raise Refused(_no_longer_needed(entry))
        entry.status = FollowUp.Status.DONE
        entry.closed_at = timezone.now()
        entry.closed_by = origin.user
        entry.note = checked_text(note.strip(), label="note")
        entry.save(update_fields=["status", "closed_at", "closed_by", "note"])
        audit.record(origin=origin, action="follow_up.closed", target=entry, note=entry.note)
        return entry


@retry_when_given_up
def reopen_follow_up(*, follow_up: FollowUp, origin: Origin) -> FollowUp:
    """Reopen an entry; if it is open already, nothing changes.

    The note and who closed it stay in the audit trail. Raises NotAllowed, and Refused for an entry
    that an undo has superseded.
    """
    with document_action(origin=origin, permission=PERMISSION):
        entry = FollowUp.objects.select_for_update().get(pk=follow_up.pk)
        if entry.status == FollowUp.Status.OPEN:
            return entry
        if entry.status == FollowUp.Status.SUPERSEDED:
            raise Refused(_no_longer_needed(entry))
        closed_by = entry.closed_by.get_username() if entry.closed_by else ""
        audit.record(
            origin=origin,
            action="follow_up.reopened",
            target=entry,
            before={"closed_by": closed_by, "note": entry.note},
        )
        entry.status = FollowUp.Status.OPEN
        entry.closed_at = None
        entry.closed_by = None
        entry.note = ""
        entry.save(update_fields=["status", "closed_at", "closed_by", "note"])
        return entry


def _no_longer_needed(entry: FollowUp) -> str:
    return f"This is no longer needed. {entry.note}".strip()
