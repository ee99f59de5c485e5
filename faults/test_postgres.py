"""PostgreSQL restarted, away, and gone during COMMIT (reliability.md D3).

The tests of a restart have a server of their own.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounting.batches.confirm import confirm_draft
from accounting.models import Batch, Draft
from accounting.tests.factories import draft_of
from accounting.tests.readings import unbatched
from accounting.zips.build import build_batch
from faults.books import breaches
from faults.postgres_server import PostgresServer, missing_postgres, wire_to
from invoices.tests.factories import make_invoice, make_origin
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]


@contextmanager
def connected_to(host: str, port: int, **others: str) -> Iterator[None]:
    """Connect this test's Django to another database server."""
    before = connection.settings_dict.copy()
    connection.close()
    connection.settings_dict.update(HOST=host, PORT=port, **others)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


# A server of its own


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server of the tests' own, running."""
    if missing := missing_postgres():
        pytest.skip(missing)
    # Not in the folder of pytest, which the user that PostgreSQL runs as may not enter.
    with tempfile.TemporaryDirectory(prefix="sera-postgres-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture
def books(
    postgres: PostgresServer, django_db_blocker: DjangoDbBlocker, django_db_setup: None
) -> Iterator[PostgresServer]:
    """An empty, migrated database on that server, which Django of this test talks to."""
    login = {"USER": "postgres", "PASSWORD": ""}
    with django_db_blocker.unblock():
        with connected_to("127.0.0.1", postgres.port, NAME="postgres", **login):
            connection.cursor().execute("DROP DATABASE IF EXISTS books WITH (FORCE)")
            connection.cursor().execute("CREATE DATABASE books")
        with connected_to("127.0.0.1", postgres.port, NAME="books", **login):
            call_command("migrate", verbosity=0)
            yield postgres


class Pause:
    """Pauses a thread at an SQL statement until it may continue."""

    def __init__(self, statement: str) -> None:
        self.statement = statement
        self.is_reached = threading.Event()
        self.may_go = threading.Event()

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if self.statement in sql and not self.is_reached.is_set():
            self.is_reached.set()
            assert self.may_go.wait(timeout=60)
        return execute(sql, *rest)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_restarted_before_commit_has_created_nothing(
    books: PostgresServer, mode: str
) -> None:
    origin = make_origin()
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    client = Client(raise_request_exception=False)
    client.force_login(origin.user)
    pause = Pause('INSERT INTO "accounting_batchitem"')
    answers = []

    def click() -> None:
        with connection.execute_wrapper(pause):
            answers.append(client.post(f"/unbatched/drafts/{draft.pk}/confirm/", {"name": "March"}))
        connection.close()

    thread = threading.Thread(target=click)
    connection.close()
    thread.start()
    assert pause.is_reached.wait(timeout=60)
    books.stop(mode)
    books.start()
    pause.may_go.set()
    thread.join(timeout=60)
    (answer,) = answers
    assert answer.status_code == 503
    assert "The database isn't responding." in answer.content.decode()
    assert (Batch.objects.count(), Draft.objects.count()) == (0, 1)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    again = client.post(f"/unbatched/drafts/{draft.pk}/confirm/", {"name": "March"})
    batch = Batch.objects.get()
    assert again.headers["Location"] == f"/batches/{batch.pk}/?download=1"
    assert build_batch(batch_id=batch.pk) is True
    assert breaches() == []


def test_while_the_server_is_away_pages_say_so_and_afterwards_they_are_there(
    books: PostgresServer,
) -> None:
    origin = make_origin()
    make_invoice("7", origin=origin)
    client = Client(raise_request_exception=False)
    client.force_login(origin.user)
    assert client.get("/unbatched/").status_code == 200
    books.stop()
    for url in ("/unbatched/", "/health/", "/sign-in/"):
        answer = client.get(url)
        assert (url, answer.status_code) in {(url, 503), ("/sign-in/", 200)}
    books.start()
    # As every server does before a request; the test's client leaves it out.
    close_old_connections()
    assert client.get("/unbatched/").status_code == 200


# The wire


@pytest.fixture
def values() -> dict[str, Any]:
    return connection.settings_dict


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["after", "answered"])
def test_a_connection_lost_during_commit_is_followed_by_a_look(
    origin: Origin, values: dict[str, Any], place: str
) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    with wire_to(values["HOST"], int(values["PORT"])) as wire:
        with connected_to("127.0.0.1", wire.port):
            connection.ensure_connection()
            wire.cut_once(place)
            confirmation = confirm_draft(
                draft_id=draft.pk, name="March", origin=origin, is_built_here=True
            )
        assert wire.cuts == [place]
    batch = Batch.objects.get()
    assert (confirmation.batch, batch.status) == (batch, "queued")
    assert AuditEvent.objects.filter(action="batch.confirmed").count() == 1
    assert unbatched() == []
    again = confirm_draft(draft_id=draft.pk, name="March", origin=origin, is_built_here=True)
    assert (again.batch, again.is_new) == (batch, False)
    assert breaches() == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_before_commit_leaves_nothing(
    origin: Origin, values: dict[str, Any]
) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    with (
        wire_to(values["HOST"], int(values["PORT"])) as wire,
        connected_to("127.0.0.1", wire.port),
    ):
        connection.ensure_connection()
        wire.cut_once("before")
        with pytest.raises(OperationalError):
            confirm_draft(draft_id=draft.pk, name="March", origin=origin, is_built_here=True)
        assert wire.cuts == ["before"]
    assert (Batch.objects.count(), Draft.objects.count()) == (0, 1)
    assert unbatched() == [("invoice_insert", "7", 15000)]
    assert breaches() == []


@pytest.mark.django_db(transaction=True)
def test_the_page_goes_to_the_batch_whose_commit_nobody_confirmed(
    origin: Origin, values: dict[str, Any], client: Client
) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    client.force_login(origin.user)
    with (
        wire_to(values["HOST"], int(values["PORT"])) as wire,
        connected_to("127.0.0.1", wire.port),
    ):
        connection.ensure_connection()
        wire.cut_once("answered")
        answer = client.post(f"/unbatched/drafts/{draft.pk}/confirm/", {"name": "March"})
        assert wire.cuts == ["answered"]
    batch = Batch.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/batches/{batch.pk}/?download=1",
    )
