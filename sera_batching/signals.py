"""Audits sign-ins, sign-outs, failed sign-ins and lockouts."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from sera_batching import audit
from sera_batching.http import client_address, origin_of
from sera_batching.logs import current_request_id
from sera_batching.models import AuditEvent, User


@receiver(user_logged_in, dispatch_uid="record_sign_in")
def record_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Record who signed in."""
    audit.record(origin=origin_of(request, user=user), action="user.signed_in", target=user)


@receiver(user_logged_out, dispatch_uid="record_sign_out")
def record_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Record who signed out; an expired session has no user."""
    if user is not None:
        audit.record(origin=origin_of(request, user=user), action="user.signed_out", target=user)


@receiver(user_login_failed, dispatch_uid="record_failed_sign_in")
def record_failed_sign_in(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Record the name that was tried, never the password; there is no acting user."""
    _record_unknown("user.sign_in_failed", str(credentials.get("username") or ""), request)


@receiver(user_locked_out, dispatch_uid="record_locked_out")
def record_locked_out(request: HttpRequest, username: str | None = None, **_: Any) -> None:
    """Record that a name is locked out for a while after too many wrong passwords."""
    _record_unknown("user.locked_out", username or "", request)


def _record_unknown(action: str, tried: str, request: HttpRequest | None) -> None:
    """Write an event without an acting user, only the name that was tried."""
    AuditEvent.objects.create(
        actor_name=tried[: AuditEvent._meta.get_field("actor_name").max_length],
        action=action,
        channel="page",
        request_id=current_request_id.get(),
        address=client_address(request) if request is not None else "",
    )
