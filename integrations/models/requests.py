"""Requests that carry an Idempotency-Key, with the answer that they got."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from integrations.models.tokens import ApiToken


class IdempotentRequest(models.Model):
    """A request that is carried out once, however often it is sent; its answer is kept."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 over method, address and body: another request may not use the same key."""
    begun_at = models.DateTimeField(default=timezone.now)
    """When it was last begun; one that was begun long ago and has no answer has died."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """The status of the answer; nothing while it is being carried out."""
    location = models.CharField(max_length=255, blank=True)
    body = models.TextField(blank=True)
    """The answer, JSON."""

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["token", "key"], name="idempotency_key_is_unique_per_token"
            ),
        ]

    def __str__(self) -> str:
        return self.key
