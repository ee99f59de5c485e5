"""How every action on a document runs: permitted, in one transaction, audited."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from sera_batching import audit
from sera_batching.database.locks import exclusive_books_lock, shared_books_lock
from sera_batching.exceptions import Conflict, Refused
from sera_batching.origin import Origin
from sera_batching.texts import checked_text


@contextmanager
def document_action(
    *, origin: Origin, permission: str, excludes_all_others: bool = False
) -> Iterator[None]:
    """Run the block in one transaction, not while anything is being batched or undone.

    With `excludes_all_others` no document is being changed either, as in batching.
    Raises NotAllowed without the permission (a feed is permitted as a whole), and Conflict when a
    unique constraint shows that somebody else wrote first.
    """
    if not origin.is_feed:
        origin.require(permission)
    try:
        with transaction.atomic():
            if excludes_all_others:
                exclusive_books_lock()
            else:
                shared_books_lock()
            yield
    except IntegrityError as error:
        if "unique" not in str(error).lower():
            raise
        raise Conflict(
            "Someone else has just made the same change. Review it, then try again."
        ) from error


def require_reason(reason: str, *, origin: Origin) -> str:
    """Return the reason without surrounding blanks; required from people, optional in a feed."""
    reason = checked_text(reason.strip(), label="reason")
    if not reason and not origin.is_feed:
        raise Refused("Enter a reason.")
    return reason


def record_by_person(
    *,
    origin: Origin,
    action: str,
    target: Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
) -> None:
    """Write an audit row for something that has a row of its own; a feed needs none."""
    if not origin.is_feed:
        record_act(
            origin=origin, action=action, target=target, before=before, after=after, note=note
        )


def record_act(
    *,
    origin: Origin,
    action: str,
    target: Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
) -> None:
    """Write an audit row of what differs; also for a feed, because no other row records it."""
    old, new = dict(before or {}), dict(after or {})
    differing = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    audit.record(
        origin=origin,
        action=action,
        target=target,
        before={key: value for key, value in old.items() if key in differing},
        after={key: value for key, value in new.items() if key in differing},
        note=note,
    )
