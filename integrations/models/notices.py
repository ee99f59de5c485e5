"""E-mail about the events of batches, to users who asked for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sera_batching.leases import lease_has_run_out


class NoticePreference(models.Model):
    """The events for which a user wants e-mail; none without a row."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preference"
    )
    events = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id}: {', '.join(self.events)}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices by what has to be done."""

    def due(self) -> "NoticeQuerySet":
        """Notices that are due and not being sent right now."""
        return self.filter(
            lease_has_run_out(),
            status=Notice.Status.PENDING,
            next_attempt_at__lte=timezone.now(),
        )


class Notice(models.Model):
    """One e-mail about one event to one user; made in the transaction of the event."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Dropped"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=32)
    batch_id = models.BigIntegerField()
    subject = models.CharField(max_length=255)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    note = models.TextField(blank=True)
    """Why it was not sent."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status="pending"), name="notice_due"
            )
        ]

    def __str__(self) -> str:
        return self.subject
