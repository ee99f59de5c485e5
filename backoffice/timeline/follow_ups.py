"""Follow-ups of a document: raised, closed, superseded."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounting.follow_ups.close import PERMISSION
from accounting.models import FollowUp
from backoffice.timeline.entries import Entry, Link, Topic, first_rows
from sera_batching.models import AuditEvent, User

CUSTOMER_CAUSES: Final = (FollowUp.Cause.KEY_CHANGED, FollowUp.Cause.CUSTOMER_MERGED)
_ACTS: Final[Mapping[str, str]] = {
    "follow_up.closed": "Done in QuickBooks",
    "follow_up.reopened": "Reopened",
}


def follow_up_entries(which: Q, reader: User, newest: int | None) -> list[Entry]:
    """Return an entry for each event of the follow-ups; two statements."""
    found = FollowUp.objects.filter(which).select_related("closed_by")
    touched = found.order_by(Coalesce(F("closed_at"), F("raised_at")).desc(), "-pk")
    follow_ups: dict[str, FollowUp] = {str(one.pk): one for one in first_rows(touched, newest)}
    if not follow_ups:
        return []
    events = AuditEvent.objects.filter(
        target_type=FollowUp._meta.label_lower, target_id__in=follow_ups, action__in=_ACTS
    )
    return [
        *(
            _act(event, follow_ups[event.target_id])
            for event in first_rows(events.order_by("-pk"), newest)
        ),
        *(_superseded(one) for one in follow_ups.values() if _is_superseded(one)),
        *(_raised(one, reader) for one in follow_ups.values()),
    ]


def _act(event: AuditEvent, follow_up: FollowUp) -> Entry:
    return Entry(
        at=event.at,
        topic=Topic.FOLLOW_UP,
        what=f"{_ACTS[event.action]}: {follow_up.get_cause_display().lower()}",
        who=event.actor_name,
        why=event.note,
        facts=[follow_up.problem],
    )


def _is_superseded(follow_up: FollowUp) -> bool:
    return follow_up.status == FollowUp.Status.SUPERSEDED and follow_up.closed_at is not None


def _superseded(follow_up: FollowUp) -> Entry:
    return Entry(
        at=follow_up.closed_at or follow_up.raised_at,
        topic=Topic.FOLLOW_UP,
        what=f"No longer needed: {follow_up.get_cause_display().lower()}",
        who=follow_up.closed_by.get_username() if follow_up.closed_by else "",
        why=follow_up.note,
        facts=[follow_up.problem],
    )


def _raised(follow_up: FollowUp, reader: User) -> Entry:
    links: list[Link] = []
    if reader.has_perm(PERMISSION):
        query = urlencode({"status": follow_up.status, "q": follow_up.problem[:100]})
        url = f"{reverse('accounting:follow_ups')}?{query}#follow-up-{follow_up.pk}"
        links.append(Link("Its entry in Fix in QuickBooks", url))
    return Entry(
        at=follow_up.raised_at,
        topic=Topic.FOLLOW_UP,
        what=f"To fix in QuickBooks: {follow_up.get_cause_display().lower()}",
        amount_cents=follow_up.amount_cents,
        facts=[follow_up.problem, follow_up.remedy],
        links=links,
    )
