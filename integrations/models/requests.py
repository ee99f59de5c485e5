"""Requests with an Idempotency-Key, and their responses."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from integrations.models.tokens import ApiToken


class IdempotentRequest(models.Model):
    """A request that is carried out once, even if it is sent again; its response is stored."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of method, URL and body: a different request may not use the same key."""
    begun_at = models.DateTimeField(default=timezone.now)
    """When it was last started; one started long ago without a response has crashed."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """The status of the response; None while the request is running."""
    location = models.CharField(max_length=255, blank=True)
    body = models.TextField(blank=True)
    """The response body, JSON."""

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["token", "key"], name="idempotency_key_is_unique_per_token"
            ),
        ]

    def __str__(self) -> str:
        return self.key
