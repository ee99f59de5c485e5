"""API tokens: made and revoked by an admin, shown once, looked up by their hash.

The secret has 256 random bits, so its plain SHA-256 cannot be reversed, and the time of a lookup by
hash reveals nothing to somebody who guesses secrets.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from integrations.models import ApiToken, Scope
from sera_batching import audit
from sera_batching.exceptions import DomainError, NotAllowed, Refused
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.texts import required_line

MANAGE: Final = "integrations.manage_tokens"
PREFIX: Final = "sera_"
"""The prefix by which people and secret scanners recognize a token."""
HINT_LENGTH: Final = len(PREFIX) + 6
SECONDS_IN_A_MINUTE: Final = 60

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    Scope.READ: frozenset(
        {"accounting.view_unbatched", "accounting.view_batch", "accounting.download_batch"}
    ),
    Scope.FEED: frozenset({"accounting.import_feed"}),
    Scope.BATCH: frozenset({"accounting.make_batch", "accounting.retry_batch"}),
    Scope.UNDO: frozenset({"accounting.undo_batch", "accounting.release_batch"}),
}
"""Scope → the permissions of its owner that a token may use."""


class TooManyRequests(DomainError):
    """A token has used up its requests for this minute."""

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"This token is allowed {settings.API_REQUESTS_A_MINUTE} requests per minute. Try "
            f"again in {retry_after_seconds} seconds."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenOrigin(Origin):
    """A token as the acting party: it has the permissions of its scopes that its owner also has."""

    token: ApiToken

    def may(self, permission: str) -> bool:
        in_scope = any(permission in PERMISSIONS[scope] for scope in self.token.scopes)
        return in_scope and Origin.may(self, permission)

    def require(self, permission: str) -> None:
        if any(permission in PERMISSIONS[scope] for scope in self.token.scopes):
            Origin.require(self, permission)
            return
        needed = next((scope for scope, some in PERMISSIONS.items() if permission in some), "other")
        raise NotAllowed(
            f"This token has no scope “{needed}” (it has: {', '.join(self.token.scopes)}). "
            "Ask an admin for a token that has it."
        )


def make_token(
    *,
    name: str,
    owner: User,
    scopes: Collection[str],
    expires_at: datetime | None,
    origin: Origin,
) -> tuple[ApiToken, str]:
    """Make a token that acts for `owner`; return it with its secret, which is not stored.

    Raises NotAllowed, and Refused for an owner who may not sign in or has more permissions than the
    maker (a superuser), for no or unknown scopes, or for an end in the past.
    """
    origin.require(MANAGE)
    clean_name = required_line(name.strip(), label="name", longest=100)
    if not scopes or not set(scopes) <= set(Scope.values):
        raise Refused("Choose at least one scope.")
    if not owner.is_active:
        raise Refused(f"{owner} is deactivated, so no token can act for this user.")
    if owner.is_superuser and not origin.user.is_superuser:
        raise Refused("Only a superuser can make a token that acts for a superuser.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("The token would have expired already; choose a later day.")
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=clean_name,
            owner=owner,
            scopes=[scope for scope in Scope.values if scope in scopes],
            digest=digest_of(secret),
            hint=secret[:HINT_LENGTH],
            created_by=origin.user,
            expires_at=expires_at,
        )
        audit.record(
            origin=origin,
            action="token.made",
            target=token,
            after={
                "owner": owner.get_username(),
                "scopes": token.scopes,
                "hint": token.hint,
                "expires": expires_at.isoformat() if expires_at else None,
            },
        )
    return token, secret


@transaction.atomic
def revoke_token(*, token_id: int, origin: Origin) -> ApiToken:
    """Revoke a token immediately and permanently."""
    origin.require(MANAGE)
    token = ApiToken.objects.select_for_update().get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record(origin=origin, action="token.revoked", target=token)
    return token


def find_token(secret: str) -> ApiToken | None:
    """Return the valid token of a secret; None without a reason otherwise."""
    digest = digest_of(secret)
    token = ApiToken.objects.usable().select_related("owner").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    return token


def count_request(token: ApiToken) -> None:
    """Count a request across all processes; TooManyRequests above the limit per minute.

    One conditional UPDATE, so that concurrent requests are all counted (ADR 16).
    """
    now = int(time.time())
    minute = now // SECONDS_IN_A_MINUTE
    is_this_minute = Q(minute=minute)
    has_room = ~is_this_minute | Q(minute_count__lt=settings.API_REQUESTS_A_MINUTE)
    counted = ApiToken.objects.filter(has_room, pk=token.pk).update(
        minute_count=Case(When(is_this_minute, then=F("minute_count") + 1), default=Value(1)),
        minute=minute,
        last_used_at=timezone.now(),
    )
    if not counted:
        raise TooManyRequests(SECONDS_IN_A_MINUTE - now % SECONDS_IN_A_MINUTE)


def digest_of(secret: str) -> str:
    """Return the stored hash of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
