"""Sends an event to a webhook: sign, post, record the response, retry later (ADR 17).

Signed as in Standard Webhooks: HMAC-SHA256 of "id.timestamp.body". An attempt holds a lease, so
that only one of two workers sends. A receiver may still get an event twice, with the same
`webhook-id`.
"""

import base64
import hashlib
import hmac
import http.client
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from integrations.models import WebhookAttempt, WebhookDelivery
from integrations.services.addresses import check_url, connection_to
from integrations.services.webhook_secrets import WEBHOOK_SECRETS
from integrations.services.webhooks import SECRET_PREFIX
from sera_batching.exceptions import Refused

LEASE: Final = timedelta(seconds=90)
PAUSES: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60)
)
"""The delays between attempts; after the last one the delivery fails, about 31 hours after the
event."""
USER_AGENT: Final = "Sera-Batching-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an attempt; `note` says why it failed, empty if it did not."""

    milliseconds: int
    status: int | None = None
    note: str = ""


def deliver(*, delivery_id: int) -> bool:
    """Attempt a delivery that is due; return whether it arrived."""
    delivery = _take_lease(delivery_id)
    if delivery is None:
        return False
    outcome = _try(delivery)
    _note(delivery, outcome)
    return not outcome.note


def sign(secret: str, *, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join((event_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@transaction.atomic
def _take_lease(delivery_id: int) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.due().filter(pk=delivery_id).select_for_update(of=("self",))
    delivery = due.select_related("webhook").first()
    if delivery is None:
        return None
    if not delivery.webhook.is_active:
        delivery.status = WebhookDelivery.Status.FAILED
        delivery.save(update_fields=["status"])
        WebhookAttempt.objects.create(
            delivery=delivery, milliseconds=0, note="The webhook is switched off."
        )
        return None
    delivery.attempt_count += 1
    delivery.lease_until = timezone.now() + LEASE
    delivery.save(update_fields=["attempt_count", "lease_until"])
    return delivery


def _try(delivery: WebhookDelivery) -> Outcome:
    begun = time.monotonic()
    status, note = None, ""
    try:
        status = _post(delivery)
        if not 200 <= status < 300:
            note = f"Answered {status}; only an answer from 200 to 299 counts as received."
            if 300 <= status < 400:
                note += " Redirects are not followed."
    except (OSError, http.client.HTTPException, Refused, SoftTimeLimitExceeded) as error:
        note = f"{type(error).__name__}: {error}"[:1_000]
    return Outcome(int((time.monotonic() - begun) * 1_000), status, note)


def _post(delivery: WebhookDelivery) -> int:
    parts = check_url(delivery.webhook.url)
    body, timestamp = delivery.payload.encode(), int(time.time())
    event_id = str(delivery.event_id)
    secret = WEBHOOK_SECRETS.decrypt(delivery.webhook.encrypted_secret)
    connection = connection_to(parts)
    try:
        connection.request(
            "POST",
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            body,
            {
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                "Connection": "close",
                "webhook-id": event_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": sign(
                    secret, event_id=event_id, timestamp=timestamp, body=body
                ),
            },
        )
        # The response body is never read: it could be endless, and nothing uses it.
        return connection.getresponse().status
    finally:
        connection.close()


@transaction.atomic
def _note(delivery: WebhookDelivery, outcome: Outcome) -> None:
    WebhookAttempt.objects.create(
        delivery=delivery,
        milliseconds=outcome.milliseconds,
        response_status=outcome.status,
        note=outcome.note,
    )
    now = timezone.now()
    delivery.lease_until = None
    if not outcome.note:
        delivery.status = WebhookDelivery.Status.DELIVERED
        delivery.delivered_at = now
    elif delivery.attempt_count > len(PAUSES):
        delivery.status = WebhookDelivery.Status.FAILED
    else:
        delivery.next_attempt_at = now + PAUSES[delivery.attempt_count - 1]
    delivery.save(update_fields=["status", "delivered_at", "next_attempt_at", "lease_until"])
