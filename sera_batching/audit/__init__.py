"""Writing the audit trail; reading it is a QuerySet over AuditEvent."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, QuerySet

from sera_batching.models import AuditEvent
from sera_batching.origin import Origin


def record(
    *,
    origin: Origin,
    action: str,
    target: Model | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
) -> AuditEvent:
    """Write one row in the caller's transaction, so that it is committed or rolled back with it.

    `before` and `after` are JSON: dates as ISO text, amounts in cents.
    """
    return AuditEvent.objects.create(
        actor=origin.user,
        actor_name=origin.user.get_username(),
        action=action,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_label=str(target)[:255] if target is not None else "",
        before=dict(before or {}),
        after=dict(after or {}),
        note=note,
        channel=origin.channel,
        source=origin.source,
        request_id=origin.request_id,
        address=origin.address,
    )


def events_of(target: Model) -> QuerySet[AuditEvent]:
    """Return the events about one object, newest first."""
    return AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk))
