"""Webhooks: where events of batches are sent, what was sent, and the responses."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sera_batching.leases import lease_has_run_out


class BatchEvent(models.TextChoices):
    """Events of a batch that other systems can subscribe to."""

    READY = "batch.ready", "Batch ready"
    FAILED = "batch.failed", "Batch failed"
    UNDONE = "batch.undone", "Batch undone"


class Webhook(models.Model):
    """A URL of another system that receives events, signed with a secret."""

    url = models.URLField(max_length=500)
    description = models.CharField(max_length=100, blank=True)
    events = models.JSONField(default=list)
    encrypted_secret = models.TextField()
    """The signing secret, encrypted with a key that comes from SECRET_KEY (ADR 17)."""
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["id"]
        default_permissions = ()
        permissions: ClassVar = [("manage_webhooks", "Can manage webhooks")]

    def __str__(self) -> str:
        return self.url

    @property
    def event_labels(self) -> list[str]:
        """The names of its events, in form order."""
        return [str(event.label) for event in BatchEvent if event.value in self.events]


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Deliveries by what has to be done."""

    def due(self) -> "WebhookDeliveryQuerySet":
        """Deliveries that are due and not being attempted right now."""
        return self.filter(
            lease_has_run_out(),
            status=WebhookDelivery.Status.PENDING,
            next_attempt_at__lte=timezone.now(),
        )


class WebhookDelivery(models.Model):
    """One event for one webhook; made in the transaction of the event."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(default=uuid.uuid4, unique=True)
    """Sent as `webhook-id`: the same for every attempt, so that receivers can detect repeats."""
    event = models.CharField(max_length=32)
    batch_id = models.BigIntegerField()
    payload = models.TextField()
    """The exact body."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "webhook deliveries"
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="pending"),
                name="webhook_delivery_due",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "delivered", "failed"]),
                name="webhook_delivery_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} of batch {self.batch_id}"

    @property
    def event_label(self) -> str:
        return str(BatchEvent(self.event).label)


class WebhookAttempt(models.Model):
    """One delivery attempt and its result."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    """The receiver's response status; None without a response."""
    note = models.TextField(blank=True)
    """Why it counts as failed."""

    class Meta:
        ordering: ClassVar = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.response_status or self.note}"
