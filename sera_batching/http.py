"""Around every request: its id, its security policy, its time zone, and who acts."""

import uuid
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from sera_batching.exceptions import NotAllowed
from sera_batching.logs import current_request_id
from sera_batching.models import Company, User
from sera_batching.origin import Origin

GetResponse = Callable[[HttpRequest], HttpResponseBase]

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Bootstrap draws its arrows and ticks as data: images.
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class RequestIdMiddleware:
    """Give each request an id, made here and never taken from the client, and answer with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response.headers["X-Request-ID"] = request_id
        return response


class ContentSecurityPolicyMiddleware:
    """Forbid the browser anything that does not come from this server, including inline code."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response


class CompanyMiddleware:
    """Show signed-in people every date and time in the company's time zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(company_of(request).zone):
            return self.get_response(request)


def company_of(request: HttpRequest) -> Company:
    """Return the company, read once a request."""
    company: Company | None = getattr(request, "company", None)
    if company is None:
        company = Company.current()
        request.company = company  # type: ignore[attr-defined]
    return company


def client_address(request: HttpRequest) -> str:
    """Return the address of the client; `X-Forwarded-For` counts only behind a declared proxy."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        # The last entry is the one that our own proxy wrote; those before it may be forged.
        return forwarded.rsplit(",", 1)[-1].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))


def origin_of(request: HttpRequest, *, user: User | None = None, channel: str = "page") -> Origin:
    """Return who acts by this request, and from where; `user` where the request has none yet."""
    acting = user or request.user
    if not isinstance(acting, User):
        raise NotAllowed("Sign in first.")
    return Origin(
        user=acting,
        channel=channel,
        request_id=current_request_id.get(),
        address=client_address(request),
    )


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx asks for a fragment of the page (not for a whole page from history)."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )
