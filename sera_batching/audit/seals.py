"""Sealing the audit trail in blocks, each chained to the one before, and verifying them (ADR 13).

Writers of events never wait for each other: they append, and a periodic task seals what it finds.
An event whose transaction committed after its neighbors were sealed is in a *gap* of their block; a
later block includes it as *late*. An event that appears in a gap after `LATE_FOR` was inserted by
somebody else.
"""

import hashlib
import json
import logging
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from sera_batching.date_texts import moment_text
from sera_batching.models import AuditEvent, AuditSeal

logger = logging.getLogger(__name__)

EVENTS_A_BLOCK: Final = 10_000
LATE_FOR: Final = timedelta(days=1)
"""No transaction runs longer, so no event is committed later than this after its neighbors."""
_FIELDS: Final = (
    "id",
    "at",
    "actor_id",
    "actor_name",
    "action",
    "target_type",
    "target_id",
    "target_label",
    "before",
    "after",
    "note",
    "channel",
    "source",
    "request_id",
    "address",
)

Gap = tuple[int, int]


def seal_audit() -> list[AuditSeal]:
    """Seal the events that no block has yet; return the new blocks, or none if another was first.

    Each digest is logged: kept elsewhere, it reveals a chain that was rebuilt.
    """
    seals: list[AuditSeal] = []
    while seal := _seal_next():
        logger.info("Audit trail sealed to event %s: %s %s", seal.last_id, seal.number, seal.digest)
        seals.append(seal)
    return seals


def _seal_next() -> AuditSeal | None:
    before = AuditSeal.objects.order_by("number").last()
    first_id = before.last_id + 1 if before else 1
    late = find_late(AuditSeal.objects.filter(sealed_at__gte=timezone.now() - LATE_FOR))
    fresh = AuditEvent.objects.filter(pk__gte=first_id).order_by("pk")
    ids = list(fresh.values_list("pk", flat=True)[:EVENTS_A_BLOCK])
    if not ids and not late:
        return None
    # A block of late events only has an empty range: its end is just before its start.
    last_id = ids[-1] if ids else first_id - 1
    seal = AuditSeal(
        number=before.number + 1 if before else 1,
        first_id=first_id,
        last_id=last_id,
        gaps=gaps_of(ids, first_id, last_id),
        late_ids=late,
        event_count=len(ids) + len(late),
    )
    seal.digest = digest_of(before.digest if before else "", events_in(seal))
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:
        return None
    return seal


def gaps_of(ids: Sequence[int], first_id: int, last_id: int) -> list[Gap]:
    """Return the ranges missing between first and last, inclusive; the ids ascend."""
    edges = [first_id - 1, *ids, last_id + 1]
    return [(one + 1, other - 1) for one, other in pairwise(edges) if other - one > 1]


def find_late(seals: Iterable[AuditSeal]) -> list[int]:
    """Return the ids of events that lie in a gap of these blocks and are in no block, ascending."""
    found: list[int] = []
    for seal in seals:
        if seal.gaps:
            there = AuditEvent.objects.filter(pk__range=(seal.first_id, seal.last_id))
            ids = there.order_by("pk").values_list("pk", flat=True)
            found += [event_id for event_id in ids.iterator() if is_in_gap(event_id, seal.gaps)]
    if not found:
        return []
    taken_in = AuditSeal.objects.exclude(late_ids=[]).values_list("late_ids", flat=True)
    known = {event_id for ids in taken_in for event_id in ids}
    return [event_id for event_id in found if event_id not in known]


def is_in_gap(event_id: int, gaps: Sequence[Gap]) -> bool:
    """Return whether an id is in one of the gaps, which ascend."""
    position = bisect_right(gaps, event_id, key=lambda gap: gap[0])
    return position > 0 and event_id <= gaps[position - 1][1]


def events_in(seal: AuditSeal) -> Iterator[AuditEvent]:
    """Yield the events of a block in the order of its digest: its own by id, then the late ones."""
    there = AuditEvent.objects.filter(pk__range=(seal.first_id, seal.last_id)).order_by("pk")
    yield from (event for event in there.iterator() if not is_in_gap(event.pk, seal.gaps))
    yield from AuditEvent.objects.filter(pk__in=seal.late_ids).order_by("pk")


def canonical(event: AuditEvent) -> bytes:
    """Return every column of an event as one line that is the same on any database."""
    values = {name: getattr(event, name) for name in _FIELDS}
    values["at"] = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def digest_of(before: str, events: Iterable[AuditEvent]) -> str:
    """Return the SHA-256 of the previous digest and each event's canonical form, in hexadecimal."""
    digest = hashlib.sha256(before.encode())
    for event in events:
        digest.update(b"\n" + canonical(event))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying the whole trail; no problems means that nothing was changed."""

    blocks: int
    events: int
    """Sealed events; `unsealed` were written since."""
    unsealed: int
    head: str
    """Number and digest of the last block, to be kept elsewhere, such as "12:ab…"."""
    problems: tuple[str, ...]


def verify_audit(*, expected_head: str = "") -> Verification:
    """Recompute every block and compare; `expected_head` is a head that was recorded earlier.

    Finds an event that was changed, removed, inserted or moved, and a chain that was rebuilt since
    the head was recorded.
    """
    problems: list[str] = []
    before: AuditSeal | None = None
    heads: set[str] = set()
    events = blocks = 0
    for seal in AuditSeal.objects.order_by("number").iterator():
        problems += _problems_of(seal, before)
        events += seal.event_count
        blocks += 1
        before = seal
        heads.add(_head(seal))
    problems += [
        f"Event {event_id} was inserted after the events around it were sealed."
        for event_id in find_late(AuditSeal.objects.filter(sealed_at__lt=timezone.now() - LATE_FOR))
    ]
    if expected_head and expected_head not in heads:
        problems.append(f"There is no block {expected_head}: this is not the chain that was noted.")
    unsealed = AuditEvent.objects.filter(pk__gt=before.last_id if before else 0).count()
    return Verification(blocks, events, unsealed, _head(before), tuple(problems))


def _head(seal: AuditSeal | None) -> str:
    return f"{seal.number}:{seal.digest}" if seal else ""


def _problems_of(seal: AuditSeal, before: AuditSeal | None) -> Iterator[str]:
    expected = (before.number + 1, before.last_id + 1) if before else (1, 1)
    if (seal.number, seal.first_id) != expected:
        yield f"Between block {expected[0] - 1} and block {seal.number} a block is missing."
    count = 0

    def counted() -> Iterator[AuditEvent]:
        nonlocal count
        for event in events_in(seal):
            count += 1
            yield event

    digest = digest_of(before.digest if before else "", counted())
    where = f"{seal} ({moment_text(seal.sealed_at, UTC)} UTC)"
    if count != seal.event_count:
        yield f"{where}: {seal.event_count} events were sealed, {count} are there now."
    elif digest != seal.digest:
        yield f"{where}: an event was changed after it was sealed."
