"""Webhooks, uploads and related objects for tests, made by the real services."""

import json
from contextlib import closing
from typing import Any

from django.utils import timezone

from integrations.models import BatchEvent, Upload, Webhook, WebhookDelivery
from integrations.services.storage import Incoming
from integrations.services.upload_runs import run_upload
from integrations.services.uploads import receive_upload
from integrations.services.webhooks import WebhookValues
from integrations.services.webhooks import make_webhook as make_webhook_service
from invoices.tests.factories import make_origin
from sera_batching.origin import Origin


def make_webhook(
    *events: str, url: str = "https://example.com/hook", is_active: bool = True
) -> tuple[Webhook, str]:
    """Make a webhook for these events, or for all; return it with its secret."""
    return make_webhook_service(
        values=WebhookValues(
            url=url, description="", events=events or BatchEvent.values, is_active=is_active
        ),
        origin=make_origin(),
    )


def make_failed_delivery(webhook: Webhook, *, batch_id: int = 1) -> WebhookDelivery:
    """Make a delivery that was given up."""
    return WebhookDelivery.objects.create(
        webhook=webhook,
        event=BatchEvent.READY,
        batch_id=batch_id,
        payload="{}",
        status=WebhookDelivery.Status.FAILED,
        attempt_count=8,
        next_attempt_at=timezone.now(),
    )


def incoming_of(content: bytes) -> Incoming:
    """Return content as a file that has just come in."""
    incoming = Incoming()
    incoming.write(content)
    return incoming


def lines_of(*records: dict[str, Any] | bytes) -> bytes:
    """Return records, or other lines, as a feed."""
    return b"".join(
        (record if isinstance(record, bytes) else json.dumps(record).encode()) + b"\n"
        for record in records
    )


def make_upload(
    content: bytes, *, name: str = "march.jsonl", origin: Origin | None = None, checks: bool = True
) -> Upload:
    """Receive a file, and check it."""
    with closing(incoming_of(content)) as incoming:
        upload = receive_upload(name=name, incoming=incoming, origin=origin or make_origin())
    if checks:
        run_upload(upload_id=upload.pk)
        upload.refresh_from_db()
    return upload
