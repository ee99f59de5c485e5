"""Who may use which URL of the API: only by token, within its scopes and its owner's role."""

import logging
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.test import Client
from django.urls import get_resolver

from accounting.models import Batch
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.tests.views.test_access import named_patterns
from integrations.models import ApiToken, Scope
from integrations.tests.factories import ApiClient, department, make_token, problem
from invoices.tests.factories import make_invoice, make_user
from sera_batching.models import AuditEvent
from sera_batching.tests.refusals import everything

pytestmark = pytest.mark.django_db

Call = Callable[[ApiClient], Any]

UNDO: Final = {"reason": "Wrong."}


def ready() -> int:
    return Batch.objects.get(status="ready", pk__gt=0).pk


def failed() -> int:
    return Batch.objects.get(status="failed").pk


CALLS: Final[dict[str, tuple[str, frozenset[str], Call]]] = {
    "feed": ("feed", frozenset({"Admin"}), lambda api: api.feed(department("HVAC"))),
    "unbatched": ("read", frozenset({"Accountant", "Admin"}), lambda api: api.get("unbatched")),
    "batches": (
        "read",
        frozenset({"Office", "Accountant", "Admin"}),
        lambda api: api.get("batches"),
    ),
    "make": ("batch", frozenset({"Accountant", "Admin"}), lambda api: api.post("batches")),
    "batch": (
        "read",
        frozenset({"Office", "Accountant", "Admin"}),
        lambda api: api.get(f"batches/{ready()}"),
    ),
    "zip": (
        "read",
        frozenset({"Accountant", "Admin"}),
        lambda api: api.get(f"batches/{ready()}/zip"),
    ),
    "undo": ("undo", frozenset({"Admin"}), lambda api: api.post(f"batches/{ready()}/undo", UNDO)),
    "release": (
        "undo",
        frozenset({"Admin"}),
        lambda api: api.post(f"batches/{failed()}/release", UNDO),
    ),
    "retry": (
        "batch",
        frozenset({"Accountant", "Admin"}),
        lambda api: api.post(f"batches/{failed()}/retry"),
    ),
}
"""Name → the scope that it takes, the roles of owners who may, and a request that works."""


@pytest.fixture
def books() -> None:
    make_invoice()
    make_batch()
    make_invoice()
    make_failed_batch()
    make_invoice()


def uncounted() -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows, except the use counts of tokens."""
    ApiToken.objects.update(minute=0, minute_count=0, last_used_at=None)
    return everything()


def test_every_url_is_called() -> None:
    names = {name for name, _ in named_patterns(get_resolver()) if name.startswith("api:")}
    open_to_all = {"api:docs", "api:openapi-json", "api:api-root", "api:nothing"}
    assert names - open_to_all == {f"api:{name}" for name in CALLS if name != "make"}


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("name", CALLS)
def test_scope_and_owner_must_both_allow(name: str) -> None:
    scope, roles, call = CALLS[name]
    clients = {
        (role, given): ApiClient(*given, owner=make_user(role))
        for role in ("Office", "Accountant", "Admin")
        for given in ((scope,), tuple(other for other in Scope.values if other != scope))
    }
    before = uncounted()
    for (role, given), client in clients.items():
        if role not in roles or given != (scope,):
            response = call(client)
            assert response.status_code == 403, (role, given)
            assert problem(response)["type"] == "/api/v1/docs/#not-allowed"
    assert uncounted() == before
    for role in sorted(roles)[:1]:
        response = call(clients[role, (scope,)])
        assert response.status_code in (200, 202), response
        response.close()


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("name", CALLS)
def test_without_a_token_nothing_is_answered(name: str) -> None:
    _, _, call = CALLS[name]
    token, secret = make_token()
    strangers = [ApiClient(secret="sera_unknown") for _ in range(4)]
    strangers[1].headers = {}
    strangers[2].headers = {"Authorization": f"Basic {secret}"}
    # A signed-in session does not count here.
    strangers[3].headers = {}
    strangers[3].client.force_login(make_user())
    before = uncounted()
    for stranger in strangers:
        response = call(stranger)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="Sera Batching"'
        assert problem(response)["type"] == "/api/v1/docs/#no-token"
    assert uncounted() == before
    assert token.digest


def test_the_description_is_open_to_everybody() -> None:
    client = Client()
    assert client.get("/api/v1/docs/").status_code == 200
    assert client.post("/api/v1/docs/").status_code == 405
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert sorted(described["paths"]) == [
        "/api/v1/batches",
        "/api/v1/batches/{batch_id}",
        "/api/v1/batches/{batch_id}/release",
        "/api/v1/batches/{batch_id}/retry",
        "/api/v1/batches/{batch_id}/undo",
        "/api/v1/batches/{batch_id}/zip",
        "/api/v1/feed",
        "/api/v1/unbatched",
    ]


def test_an_url_that_is_not_there_and_a_method_that_is_not() -> None:
    api = ApiClient()
    assert problem(api.get("nowhere"))["status"] == 404
    assert problem(api.get(""))["status"] == 404
    assert problem(api.get("batches/a%0Ab/retry"))["status"] == 404
    assert problem(api.get("batches/77"))["detail"] == "There is no batch 77."
    assert problem(api.get("batches/99999999999999999999999"))["status"] == 404
    response = api.get("feed")
    assert problem(response)["status"] == 405
    assert response.headers["Allow"] == "POST"


def test_a_minute_has_a_limit(settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 1
    api = ApiClient("read")
    other = ApiClient("read")
    # A new minute may start between two requests, so repeat until the limit is reached.
    responses = [api.get("batches") for _ in range(3)]
    refused = responses[-1]
    assert problem(refused)["type"] == "/api/v1/docs/#too-many-requests"
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert other.get("batches").status_code == 200


@pytest.mark.usefixtures("books")
def test_what_is_done_is_on_record_with_the_token_that_did_it() -> None:
    api = ApiClient("undo")
    api.post(f"batches/{failed()}/release", {"reason": "Wrong."})
    event = AuditEvent.objects.get(action="batch.released")
    assert (event.actor, event.channel, event.source) == (
        api.token.owner,
        "api",
        "token Upstream",
    )
    assert event.request_id


def test_a_token_is_in_no_log(caplog: pytest.LogCaptureFixture, settings: Any) -> None:
    settings.DEBUG = True
    _, secret = make_token("read")
    with caplog.at_level(logging.DEBUG):
        for value in (f"Bearer {secret}", f"Basic {secret}", secret):
            client = ApiClient(secret=secret)
            client.headers = {"Authorization": value}
            client.get("unbatched")
            client.feed(b"{}")
    assert caplog.records
    assert secret not in caplog.text
