"""The tokens with which other systems use the API."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Scope(models.TextChoices):
    """What a token may be used for, within its owner's permissions."""

    READ = "read", "Read: what is unbatched, batches and their zips"
    FEED = "feed", "Feed: send records"
    BATCH = "batch", "Batch: make batches, retry failed ones"
    UNDO = "undo", "Undo: undo and release batches"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens by validity."""

    def usable(self) -> "ApiTokenQuerySet":
        """Tokens that are not revoked or expired and whose owner may sign in."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            revoked_at__isnull=True,
            owner__is_active=True,
        )


class ApiToken(models.Model):
    """A secret with which another system acts for a user; only its SHA-256 is stored."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens"
    )
    """The user for whom it acts, never with more than this user's permissions."""
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret, in hexadecimal."""
    hint = models.CharField(max_length=16)
    """The first characters of the secret, by which people recognize it."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    minute = models.BigIntegerField(default=0)
    """The minute since 1970 in which `minute_count` requests were counted."""
    minute_count = models.PositiveIntegerField(default=0)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "API token"
        default_permissions = ()
        permissions: ClassVar = [("manage_tokens", "Can make and revoke API tokens")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Return the status: "active", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "expired"
        return "active"

    @property
    def scope_labels(self) -> list[str]:
        """The names of its scopes, in form order."""
        return [scope.value for scope in Scope if scope.value in self.scopes]
