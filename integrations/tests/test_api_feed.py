import threading
from typing import Any

import pytest
from django.db import connection, connections

from integrations.models import IdempotentRequest
from integrations.services import storage
from integrations.services.idempotency import begin
from integrations.tests.factories import ApiClient, department, problem
from invoices.models import Department
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_records_are_imported_and_refused_lines_are_named() -> None:
    api = ApiClient("feed")
    response = api.feed(department("HVAC"), b"{", department("Plumbing"), query="?source=march")
    assert response.status_code == 200
    assert response.json() == {
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "refused": 1,
        "dry_run": False,
        "problems": [
            {
                "line": 2,
                "field": "line",
                "reason": "is not JSON at character 3 (Expecting property name enclosed in "
                "double quotes); send one record per line",
            }
        ],
    }
    assert set(Department.objects.values_list("name", flat=True)) == {"HVAC", "Plumbing"}
    event = AuditEvent.objects.get(action="feed.imported")
    assert (event.actor, event.channel, event.source) == (api.token.owner, "feed", "march:1-3")
    assert api.feed(department("HVAC")).json()["unchanged"] == 1


def test_a_dry_run_writes_nothing() -> None:
    response = ApiClient("feed").feed(department("HVAC"), query="?dry_run=true")
    assert response.json()["created"] == 1
    assert response.json()["dry_run"] is True
    assert not Department.objects.exists()


def test_an_atomic_feed_is_refused_as_a_whole() -> None:
    response = ApiClient("feed").feed(department("HVAC"), b"[]", query="?atomic=true")
    assert response.status_code == 422
    refusal = problem(response)
    assert refusal["detail"].startswith("Line 2: line: must be one JSON object")
    assert [one["line"] for one in refusal["problems"]] == [2]
    assert not Department.objects.exists()


@pytest.mark.parametrize("value", ["perhaps", "2", ""])
def test_parameters_are_checked_before_the_body_is_read(value: str) -> None:
    response = ApiClient("feed").feed(department("HVAC"), query=f"?dry_run={value}")
    assert problem(response)["errors"][0]["field"] == "query.dry_run"
    assert not Department.objects.exists()


def test_another_type_of_body_is_refused() -> None:
    response = ApiClient("feed").feed(department("HVAC"), content_type="text/plain")
    assert problem(response)["status"] == 415
    assert not Department.objects.exists()


def test_a_body_over_the_limit_is_refused_before_it_is_read(settings: Any) -> None:
    settings.FEED_MOST_BYTES = 100
    response = ApiClient("feed").feed(department("HVAC"))
    assert problem(response)["status"] == 413
    assert not Department.objects.exists()
    assert list(storage.keys_older_than(-60)) == []


def test_a_body_in_chunks_is_refused_instead_of_taken_for_empty() -> None:
    api = ApiClient("feed")
    api.headers["Transfer-Encoding"] = "chunked"
    assert problem(api.feed(department("HVAC")))["status"] == 411


def test_a_long_line_is_refused_and_the_others_are_kept() -> None:
    long = b'{"type":"' + b"x" * 2_000_000 + b'"}'
    answer = ApiClient("feed").feed(long, department("HVAC")).json()
    assert (answer["created"], answer["refused"]) == (1, 1)
    assert answer["problems"][0]["reason"] == "has more than 1,000,000 bytes; split the record"


def test_nothing_is_left_on_disk_after_a_feed() -> None:
    ApiClient("feed").feed(department("HVAC"))
    assert list(storage.keys_older_than(-60)) == []


def test_the_same_key_gets_the_same_answer() -> None:
    api = ApiClient("feed")
    first = api.feed(department("HVAC"), key="a")
    again = api.feed(department("HVAC"), key="a")
    assert first.json()["created"] == 1
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert api.feed(department("HVAC"), key="b").json()["unchanged"] == 1
    # Each token has its own keys.
    assert ApiClient("feed").feed(department("HVAC"), key="a").json()["unchanged"] == 1


def test_a_key_is_not_used_for_another_request() -> None:
    api = ApiClient("feed")
    api.feed(department("HVAC"), key="a")
    for other in (
        api.feed(department("Plumbing"), key="a"),
        api.feed(department("HVAC"), key="a", query="?dry_run=true"),
    ):
        assert problem(other)["type"] == "/api/v1/docs/#key-reused"
    assert Department.objects.count() == 1


@pytest.mark.parametrize("key", [" ", "é", "x" * 256])
def test_what_no_key_can_be(key: str) -> None:
    response = ApiClient("feed").feed(department("HVAC"), key=key)
    assert problem(response)["status"] == 422
    assert not Department.objects.exists()


def test_a_request_that_failed_frees_its_key() -> None:
    api = ApiClient("feed")
    assert api.feed(b"[]", key="a", query="?atomic=true").status_code == 422
    assert not IdempotentRequest.objects.exists()
    assert api.feed(department("HVAC"), key="a", query="?atomic=true").status_code == 200


def test_the_same_request_at_the_same_time_is_told_to_wait() -> None:
    api = ApiClient("feed")
    api.feed(department("HVAC"), key="a")
    request = IdempotentRequest.objects.get()
    IdempotentRequest.objects.update(status=None)
    response = api.feed(department("HVAC"), key="a")
    assert problem(response)["status"] == 409
    assert response.headers["Retry-After"] == "5"
    # Its process died long ago, so it is carried out again.
    IdempotentRequest.objects.update(begun_at="2026-01-01T00:00:00Z")
    assert api.feed(department("HVAC"), key="a").json()["unchanged"] == 1
    assert IdempotentRequest.objects.get() == request


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_begins() -> None:
    token = ApiClient("feed").token
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        try:
            outcomes.append(type(begin(token=token, key="a", of="f" * 64)).__name__)
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["IdempotentRequest", *["StillRunning"] * 3]
    assert connection.vendor in ("sqlite", "postgresql")
