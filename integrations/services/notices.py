"""E-mail about events of batches: chosen by each user, sent by a worker, retried later."""

from collections.abc import Collection
from datetime import timedelta
from smtplib import SMTPException
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from integrations.models import BatchEvent, Notice, NoticePreference
from sera_batching import audit
from sera_batching.exceptions import Refused
from sera_batching.models import User
from sera_batching.origin import Origin

VIEW: Final = "accounting.view_batch"
LEASE: Final = timedelta(seconds=90)
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60))


def events_wanted_by(user: User) -> list[str]:
    """Return the events for which a user wants e-mail."""
    preference = NoticePreference.objects.filter(user=user).first()
    return list(preference.events) if preference else []


@transaction.atomic
def choose_notices(*, events: Collection[str], origin: Origin) -> None:
    """Set the events for which the acting user wants e-mail; equal values change nothing.

    Raises NotAllowed, and Refused for unknown events or a user without an e-mail address.
    """
    origin.require(VIEW)
    if not set(events) <= set(BatchEvent.values):
        raise Refused("There is no such event. Reload the page.")
    if events and not origin.user.email:
        raise Refused("Your user has no e-mail address. Ask an admin to enter one.")
    preference, _ = NoticePreference.objects.select_for_update().get_or_create(user=origin.user)
    wanted = [event for event in BatchEvent.values if event in events]
    if preference.events == wanted:
        return
    before, preference.events = preference.events, wanted
    preference.save(update_fields=["events"])
    audit.record(
        origin=origin,
        action="user.notices_chosen",
        target=origin.user,
        before={"events": before},
        after={"events": wanted},
    )


def send_notice(*, notice_id: int) -> bool:
    """Send a notice that is due; return whether the mail server accepted it.

    Users who may no longer see batches or sign in get none.
    """
    notice = _take_lease(notice_id)
    if notice is None:
        return False
    note = ""
    try:
        EmailMessage(notice.subject, notice.body, to=[notice.user.email]).send()
    except (OSError, SMTPException, ValueError, SoftTimeLimitExceeded) as error:
        note = f"{type(error).__name__}: {error}"[:1_000]
    _note(notice, note)
    return not note


@transaction.atomic
def _take_lease(notice_id: int) -> Notice | None:
    due = Notice.objects.due().filter(pk=notice_id).select_for_update(of=("self",))
    notice = due.select_related("user").first()
    if notice is None:
        return None
    user = notice.user
    if not (user.is_active and user.email and user.has_perm(VIEW)):
        notice.status = Notice.Status.DROPPED
        notice.note = "The user may no longer see it, or has no address."
        notice.save(update_fields=["status", "note"])
        return None
    notice.attempt_count += 1
    notice.lease_until = timezone.now() + LEASE
    notice.save(update_fields=["attempt_count", "lease_until"])
    return notice


@transaction.atomic
def _note(notice: Notice, note: str) -> None:
    notice.lease_until = None
    notice.note = note
    if not note:
        notice.status = Notice.Status.SENT
    elif notice.attempt_count > len(PAUSES):
        notice.status = Notice.Status.FAILED
    else:
        notice.next_attempt_at = timezone.now() + PAUSES[notice.attempt_count - 1]
    notice.save(update_fields=["status", "note", "next_attempt_at", "lease_until"])
