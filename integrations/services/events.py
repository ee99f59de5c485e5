"""Writes what to send about an event of a batch: one row per recipient.

The rows are written in the transaction of the event, so that neither exists without the other. They
are sent after the commit.
"""

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounting.models import Batch
from integrations.models import (
    BatchEvent,
    Notice,
    NoticePreference,
    Webhook,
    WebhookDelivery,
)
from integrations.queue import DELIVER_TASK, SEND_NOTICE_TASK, enqueue
from sera_batching.money import cents_display, cents_text


def tell_of(event: BatchEvent, batch: Batch) -> None:
    """Write what to send about an event, in the caller's transaction."""
    payload = json.dumps(_payload(event, batch), ensure_ascii=False)
    deliveries = [
        WebhookDelivery(webhook=webhook, event=event, batch_id=batch.pk, payload=payload)
        for webhook in Webhook.objects.filter(is_active=True)
        if event in webhook.events
    ]
    subject, body = _mail(event, batch)
    wanted = NoticePreference.objects.filter(user__is_active=True).select_related("user")
    notices = [
        Notice(user=preference.user, event=event, batch_id=batch.pk, subject=subject, body=body)
        for preference in wanted
        if event in preference.events and preference.user.has_perm("accounting.view_batch")
    ]
    for delivery in deliveries:
        delivery.save()
        transaction.on_commit(partial(enqueue, DELIVER_TASK, delivery.pk), robust=True)
    for notice in notices:
        notice.save()
        transaction.on_commit(partial(enqueue, SEND_NOTICE_TASK, notice.pk), robust=True)


def _payload(event: BatchEvent, batch: Batch) -> dict[str, Any]:
    """Return the body of a webhook: the event, its time, and the URL of the batch."""
    return {
        "type": event.value,
        "timestamp": timezone.now().isoformat(timespec="seconds"),
        "data": {
            "batch": batch.pk,
            "name": batch.name,
            "status": batch.status,
            "documents": batch.document_count,
            "total": cents_text(batch.total_cents),
            "sha256": batch.sha256,
            "failure": batch.failure,
            "undo_reason": batch.undo_reason,
            "url": f"{settings.SITE_URL}{reverse('api:batch', kwargs={'batch_id': batch.pk})}",
        },
    }


def _mail(event: BatchEvent, batch: Batch) -> tuple[str, str]:
    subject = f"Batch {batch.pk} is {batch.get_status_display().lower()}: {batch.name}"
    facts = [
        f"{batch.document_count:,} documents, {cents_display(batch.total_cents)} in all.",
    ]
    if event == BatchEvent.FAILED:
        facts.append(f"{batch.failure}\nThe items are still reserved; nothing is lost.")
    if event == BatchEvent.UNDONE:
        facts.append(f"Reason: {batch.undo_reason}\nNothing in QuickBooks has changed.")
    if settings.SITE_URL:
        facts.append(settings.SITE_URL + reverse("accounting:batch", args=[batch.pk]))
    facts.append(
        "You get this because you asked for it under Notices by e-mail, in the menu under your "
        "name."
    )
    return subject, "\n\n".join(facts) + "\n"
