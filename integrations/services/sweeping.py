"""The cleanup that beat runs every minute: requeue lost work, delete leftovers."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from integrations.models import Notice, Upload, WebhookDelivery
from integrations.queue import DELIVER_TASK, RUN_UPLOAD_TASK, SEND_NOTICE_TASK, enqueue
from integrations.services import storage
from integrations.services.idempotency import drop_old_requests

logger = logging.getLogger(__name__)

AT_ONCE: Final = 200
"""Messages that a sweep sends of each type; the next sweep sends the rest."""
LOG_LASTS: Final = timedelta(days=90)
"""How long delivered webhooks and sent notices are kept."""
ORPHANS_LAST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Sweep:
    """The counts of a sweep."""

    messages_sent: int
    files_dropped: int


def sweep() -> Sweep:
    """Send due deliveries, notices and uploads to the workers; delete expired data.

    Safe to run concurrently: an extra message finds a lease and stops.
    """
    waiting = [
        (task, row_id)
        for task, rows in (
            (DELIVER_TASK, WebhookDelivery.objects.due()),
            (SEND_NOTICE_TASK, Notice.objects.due()),
            (RUN_UPLOAD_TASK, Upload.objects.unattended()),
        )
        for row_id in rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]
    ]
    sent = sum(enqueue(task, row_id) for task, row_id in waiting)
    drop_old_requests()
    _drop_old_log()
    return Sweep(sent, _drop_old_uploads() + _drop_orphans())


def _drop_old_log() -> None:
    limit = timezone.now() - LOG_LASTS
    old = WebhookDelivery.objects.filter(created_at__lt=limit)
    old.exclude(status=WebhookDelivery.Status.PENDING).delete()
    Notice.objects.filter(created_at__lt=limit).exclude(status=Notice.Status.PENDING).delete()


def _drop_old_uploads() -> int:
    """Delete the files of old uploads; counts and refused lines stay."""
    limit = timezone.now() - timedelta(days=settings.UPLOADS_LAST_DAYS)
    old = Upload.objects.filter(uploaded_at__lt=limit).exclude(storage_key="")
    running = (Upload.Status.CHECKING, Upload.Status.APPLYING)
    count = 0
    for upload in old.exclude(status__in=running):
        storage.delete(upload.storage_key)
        Upload.objects.filter(pk=upload.pk).update(storage_key="")
        count += 1
    return count


def _drop_orphans() -> int:
    """Delete files that crashed requests left."""
    count = 0
    for key in storage.keys_older_than(ORPHANS_LAST.total_seconds()):
        if not Upload.objects.filter(storage_key=key).exists():
            logger.info("Deleting %s, which no upload has.", key)
            storage.delete(key)
            count += 1
    return count
