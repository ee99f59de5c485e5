"""Webhooks: made, changed and deleted by an admin; their secret is shown once (ADR 17)."""

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from integrations.models import BatchEvent, Webhook, WebhookDelivery
from integrations.queue import DELIVER_TASK, enqueue
from integrations.services.addresses import check_url
from integrations.services.webhook_secrets import WEBHOOK_SECRETS
from sera_batching import audit
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin
from sera_batching.texts import checked_line

MANAGE: Final = "integrations.manage_webhooks"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  the prefix of secrets in Standard Webhooks
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookValues:
    """The values that an admin enters for a webhook."""

    url: str
    description: str
    events: Collection[str]
    is_active: bool = True


@transaction.atomic
def make_webhook(*, values: WebhookValues, origin: Origin) -> tuple[Webhook, str]:
    """Make a webhook; return it with its signing secret. Raises NotAllowed, Refused."""
    origin.require(MANAGE)
    secret = _new_secret()
    webhook = Webhook(created_by=origin.user, encrypted_secret=WEBHOOK_SECRETS.encrypt(secret))
    _set(webhook, values)
    webhook.save()
    audit.record(origin=origin, action="webhook.made", target=webhook, after=_facts(webhook))
    return webhook, secret


@transaction.atomic
def change_webhook(*, webhook_id: int, values: WebhookValues, origin: Origin) -> Webhook:
    """Change a webhook's URL, events or status; equal values change nothing."""
    origin.require(MANAGE)
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    before = _facts(webhook)
    _set(webhook, values)
    after = _facts(webhook)
    if after != before:
        webhook.save()
        audit.record(
            origin=origin, action="webhook.changed", target=webhook, before=before, after=after
        )
    return webhook


@transaction.atomic
def renew_secret(*, webhook_id: int, origin: Origin) -> tuple[Webhook, str]:
    """Replace the signing secret immediately; return the new one."""
    origin.require(MANAGE)
    webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
    secret = _new_secret()
    webhook.encrypted_secret = WEBHOOK_SECRETS.encrypt(secret)
    webhook.save(update_fields=["encrypted_secret"])
    audit.record(origin=origin, action="webhook.secret_renewed", target=webhook)
    return webhook, secret


@transaction.atomic
def remove_webhook(*, webhook_id: int, origin: Origin) -> None:
    """Delete a webhook and its log of deliveries; do nothing if it is already gone."""
    origin.require(MANAGE)
    webhook = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
    if webhook is not None:
        audit.record(
            origin=origin, action="webhook.removed", target=webhook, before=_facts(webhook)
        )
        webhook.delete()


@transaction.atomic
def redeliver(*, delivery_id: int, origin: Origin) -> WebhookDelivery:
    """Send a delivery again, regardless of its status, with as many attempts as a new one."""
    origin.require(MANAGE)
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.status == WebhookDelivery.Status.PENDING:
        raise Refused("This delivery is already on its way.")
    if not delivery.webhook.is_active:
        raise Refused("This webhook is switched off; switch it on first.")
    delivery.status = WebhookDelivery.Status.PENDING
    delivery.attempt_count = 0
    delivery.next_attempt_at = timezone.now()
    delivery.save(update_fields=["status", "attempt_count", "next_attempt_at"])
    audit.record(
        origin=origin,
        action="webhook.redelivered",
        target=delivery.webhook,
        after={"event": delivery.event, "batch": delivery.batch_id},
    )
    transaction.on_commit(lambda: enqueue(DELIVER_TASK, delivery.pk), robust=True)
    return delivery


@transaction.atomic
def rotate_secrets(*, origin: Origin) -> int:
    """Encrypt every secret again with the newest SECRET_KEY; return how many. Raises Refused."""
    origin.require(MANAGE)
    webhooks = list(Webhook.objects.select_for_update())
    for webhook in webhooks:
        webhook.encrypted_secret = WEBHOOK_SECRETS.rotate(webhook.encrypted_secret)
        webhook.save(update_fields=["encrypted_secret"])
    audit.record(origin=origin, action="webhook.secrets_rotated", after={"count": len(webhooks)})
    return len(webhooks)


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _set(webhook: Webhook, values: WebhookValues) -> None:
    check_url(values.url)
    if not values.events or not set(values.events) <= set(BatchEvent.values):
        raise Refused("Choose at least one event.")
    webhook.url = checked_line(values.url, label="address", longest=500)
    webhook.description = checked_line(values.description, label="description", longest=100)
    webhook.events = [event for event in BatchEvent.values if event in values.events]
    webhook.is_active = values.is_active


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events,
        "is_active": webhook.is_active,
    }
