"""Authenticates by the bearer token of the request only; a session does not count."""

from typing import Final

from django.http import HttpRequest
from ninja.security.base import AuthBase

from integrations.api.problems import NO_TOKEN, Problem
from integrations.services.tokens import TokenOrigin, count_request, find_token
from sera_batching.http import client_address
from sera_batching.logs import current_request_id

SCHEME: Final = "bearer"


class ApiTokenAuth(AuthBase):
    """Authorization: Bearer sera_…"""

    openapi_type = "http"
    openapi_scheme = SCHEME

    def __call__(self, request: HttpRequest) -> TokenOrigin:
        """Return the acting token; a Problem without a valid token, or above its limit."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = find_token(secret.strip()) if scheme.lower() == SCHEME else None
        if token is None:
            raise Problem(
                NO_TOKEN,
                "Send a valid token: “Authorization: Bearer sera_…”. "
                "An admin makes one on Settings → Tokens.",
                headers={"WWW-Authenticate": 'Bearer realm="Sera Batching"'},
            )
        count_request(token)
        return TokenOrigin(
            user=token.owner,
            channel="api",
            source=f"token {token.name}",
            request_id=current_request_id.get(),
            address=client_address(request),
            token=token,
        )


def origin_of(request: HttpRequest) -> TokenOrigin:
    """Return the origin of an authenticated request."""
    origin = request.auth  # type: ignore[attr-defined]
    assert isinstance(origin, TokenOrigin)  # noqa: S101  checked by ApiTokenAuth
    return origin
