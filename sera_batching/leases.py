"""A lease: the right of one process to work on a row until its time is up (ADR 10).

Work that takes long is done outside of any transaction. Taking the lease gives the row its next
`attempt`, a fencing number, and each later write carries that number. So a process that was thought
dead changes nothing when it wakes. Work that has died too often is given up.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import psutil
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

RENEWALS: Final = 6
"""How often a lease is renewed before it would run out."""


class LeaseLost(Exception):
    """Another process has taken over, or the work has ended: what this one did does not count."""


class Leased(models.Model):
    """A row that one process at a time works on."""

    attempt = models.PositiveIntegerField(default=0)
    """Fencing number: only the holder of the newest attempt may write."""
    tries = models.PositiveSmallIntegerField(default=0)
    """Attempts since a person asked for the work; whoever asks again sets it to 0."""
    lease_until = models.DateTimeField(null=True, blank=True)
    """When the lease runs out; none when nobody holds it."""

    class Meta:
        abstract = True

    def has_free_lease(self) -> bool:
        """Tell whether the lease can be taken: nobody holds it, or it has run out."""
        return self.lease_until is None or self.lease_until < timezone.now()

    def begin_attempt(self, until: datetime) -> list[str]:
        """Set the columns of the lease for the next holder; return their names."""
        self.attempt += 1
        self.tries += 1
        self.lease_until = until
        return ["attempt", "tries", "lease_until"]


class LeasedToProcess(Leased):
    """A row whose lease names its holder: nobody waits for the lease of a dead process."""

    lease_holder = models.CharField(max_length=255, blank=True)
    """Host and process, such as `web1:4711`."""

    class Meta:
        abstract = True

    def has_free_lease(self) -> bool:
        """Tell whether the lease can be taken; also when its holder is dead."""
        return super().has_free_lease() or _is_dead(self.lease_holder)

    def begin_attempt(self, until: datetime) -> list[str]:
        """Set the columns of the lease, for this process."""
        self.lease_holder = f"{socket.gethostname()}:{os.getpid()}"
        return [*super().begin_attempt(until), "lease_holder"]


def lease_has_run_out() -> Q:
    """`Leased.has_free_lease` for a query, which cannot know of dead processes."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())


Row = TypeVar("Row", bound=Leased)


@dataclass(frozen=True, kw_only=True)
class Terms(Generic[Row]):
    """How long the lease of a row lasts, and what happens when its work has died too often."""

    lasts: Callable[[Row], timedelta]
    most_tries: int
    give_up: Callable[[Row], None]
    """Says on the locked row why, and ends its lease; in the transaction of the caller."""


@dataclass(slots=True)
class Lease(Generic[Row]):
    """A lease that was taken. Each method raises LeaseLost when it is no longer held."""

    row: Row
    attempt: int
    lasts: timedelta
    renewed_at: float
    """Seconds since 1970."""

    def renew(self, **values: Any) -> None:
        """Renew the lease, and write how far the work is."""
        now = timezone.now()
        self._write(lease_until=now + self.lasts, **values)
        self.renewed_at = now.timestamp()

    def renew_if_due(self, **values: Any) -> None:
        """Renew now and then; cheap enough to be called at each small step."""
        elapsed = timezone.now().timestamp() - self.renewed_at
        if elapsed > self.lasts.total_seconds() / RENEWALS:
            self.renew(**values)

    def end(self, **values: Any) -> None:
        """Write what came of the work, and end the lease."""
        self._write(lease_until=None, **values)

    def _write(self, **values: Any) -> None:
        rows = type(self.row)._default_manager
        held = rows.filter(pk=self.row.pk, attempt=self.attempt, lease_until__isnull=False)
        if not held.update(**values):
            raise LeaseLost


@transaction.atomic
def take_lease(rows: QuerySet[Row], terms: Terms[Row], **values: Any) -> Lease[Row] | None:
    """Take the lease of the one row that is to be worked on, and write values to it.

    None when there is no such row, when another process holds the lease, or when the row was given
    up just now.
    """
    row = rows.select_for_update().first()
    if row is None or not row.has_free_lease():
        return None
    if row.tries >= terms.most_tries:
        terms.give_up(row)
        return None
    now, lasts = timezone.now(), terms.lasts(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=[*row.begin_attempt(now + lasts), *values])
    return Lease(row, row.attempt, lasts, now.timestamp())


@transaction.atomic
def give_up_if_exhausted(rows: QuerySet[Row], terms: Terms[Row]) -> bool:
    """Give the one row up if its work has died too often; tell whether it was.

    For a sweeper: it happens without a worker, too.
    """
    row = rows.select_for_update().first()
    if row is None or not row.has_free_lease() or row.tries < terms.most_tries:
        return False
    terms.give_up(row)
    return True


def _is_dead(holder: str) -> bool:
    """Tell whether the lease's holder was a process of this host that is no more.

    A zombie counts as dead: where process 1 of a container buries nobody, it stays for ever.
    """
    host, _, process = holder.rpartition(":")
    if host != socket.gethostname() or not process.isdecimal() or int(process) == os.getpid():
        return False
    try:
        return psutil.Process(int(process)).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
