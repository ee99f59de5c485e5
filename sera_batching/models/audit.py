from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """Who did what, when, from where, with what before and after; never changed, never deleted."""

    at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_events",
    )
    actor_name = models.CharField(max_length=150)
    """As it was then; also the name tried at a failed sign-in."""
    action = models.CharField(max_length=60, db_index=True)
    """Noun and past participle, such as "batch.undone"."""
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_label = models.CharField(max_length=255, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    channel = models.CharField(max_length=10)
    source = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar = [
            models.Index(fields=["target_type", "target_id"], name="audit_of_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_label} by {self.actor_name}"


class AuditSeal(models.Model):
    """A block of the audit trail under one digest, which also covers the block before it (ADR 13).

    The block is the events from `first_id` to `last_id` but those in its gaps, and `late_ids`.
    """

    number = models.PositiveBigIntegerField(primary_key=True)
    """1, 2, 3 …: two processes that seal at once cannot both take the next one."""
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    gaps = models.JSONField(default=list)
    """Pairs of first and last missing id: rolled back, or not committed yet."""
    late_ids = models.JSONField(default=list)
    """Events out of the gaps of earlier blocks, committed after those were sealed."""
    event_count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    """SHA-256 over the previous digest and the canonical form of each event."""
    sealed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["number"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(last_id__gte=models.F("first_id") - 1),
                name="seal_ends_after_it_begins",
                violation_error_message="A block ends no earlier than just before it begins.",
            ),
        ]

    def __str__(self) -> str:
        return f"Block {self.number}: events {self.first_id} to {self.last_id}"
