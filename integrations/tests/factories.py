"""Tokens and related objects for tests, made by the real services."""

import json
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from integrations.models import ApiToken, Scope
from integrations.services.tokens import make_token as make_token_service
from invoices.tests.factories import make_origin, make_user
from sera_batching.models import User


def make_token(
    *scopes: str, owner: User | None = None, name: str = "Upstream"
) -> tuple[ApiToken, str]:
    """Make a token with these scopes, or all, of an admin unless another owner is given."""
    return make_token_service(
        name=name,
        owner=owner or make_user(),
        scopes=scopes or Scope.values,
        expires_at=None,
        origin=make_origin(),
    )


class ApiClient:
    """Another system that uses the API with a token."""

    def __init__(self, *scopes: str, owner: User | None = None, secret: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        if not secret:
            self.token, secret = make_token(*scopes, owner=owner)
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, content: Any = None, *, key: str = "", **headers: str) -> Any:
        """Post JSON."""
        return self.client.post(
            f"/api/v1/{path}",
            json.dumps({} if content is None else content),
            content_type="application/json",
            headers=self._headers(key, headers),
        )

    def feed(
        self,
        *records: dict[str, Any] | bytes,
        query: str = "",
        key: str = "",
        content_type: str = "application/x-ndjson",
    ) -> Any:
        """Send records, or other lines."""
        lines = [
            record if isinstance(record, bytes) else json.dumps(record).encode()
            for record in records
        ]
        return self.client.post(
            f"/api/v1/feed{query}",
            b"\n".join(lines),
            content_type=content_type,
            headers=self._headers(key, {}),
        )

    def _headers(self, key: str, more: dict[str, str]) -> dict[str, str]:
        return {**self.headers, **({"Idempotency-Key": key} if key else {}), **more}


def department(name: str, **fields: Any) -> dict[str, Any]:
    """Return a record of the feed that depends on no other record."""
    return {
        "type": "department",
        "name": name,
        "timezone": "America/Chicago",
        "default_item": "Service",
        "default_class": "",
        "terms": "",
        "archived": False,
        **fields,
    }


def problem(response: HttpResponseBase) -> dict[str, Any]:
    """Return a response's problem."""
    assert response.headers["Content-Type"] == "application/problem+json", response
    content: dict[str, Any] = response.json()  # type: ignore[attr-defined]
    assert content["status"] == response.status_code
    assert {"type", "title", "detail", "instance", "request_id"} <= content.keys()
    return content
