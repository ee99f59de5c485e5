"""Signing in and out: what works, what is refused, and what the audit trail records."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from sera_batching.models import AuditEvent, User

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet password"


@pytest.fixture
def person() -> User:
    return User.objects.create_user("dana", password=PASSWORD)


def signing_events() -> list[tuple[str, str, str]]:
    events = AuditEvent.objects.filter(action__startswith="user.").order_by("id")
    return [(event.action, event.actor_name, event.address) for event in events]


def test_anonymous_goes_to_the_sign_in_page_and_back(client: Client, person: User) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in/?next=/"
    response = client.post(
        "/sign-in/", {"username": "dana", "password": PASSWORD, "next": "/admin/"}
    )
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/"
    assert signing_events() == [("user.signed_in", "dana", "127.0.0.1")]


def test_wrong_password_is_refused_and_recorded_without_the_password(
    client: Client, person: User
) -> None:
    response = client.post("/sign-in/", {"username": "dana", "password": "guess-4711"})
    assert response.status_code == 200
    assert "Please enter a correct username and password" in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert signing_events() == [("user.sign_in_failed", "dana", "127.0.0.1")]
    event = AuditEvent.objects.get(action="user.sign_in_failed")
    assert event.actor is None
    assert "guess-4711" not in str(event.__dict__)


@pytest.mark.parametrize("username", ["", "x\0y", "é" * 151])
def test_a_name_that_cannot_be_is_refused(client: Client, person: User, username: str) -> None:
    response = client.post("/sign-in/", {"username": username, "password": "x"})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_cannot_sign_in(client: Client, person: User) -> None:
    person.is_active = False
    person.save()
    client.post("/sign-in/", {"username": "dana", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_next_leads_nowhere_else(client: Client, person: User, url: str) -> None:
    response = client.post("/sign-in/", {"username": "dana", "password": PASSWORD, "next": url})
    assert response.headers["Location"] == "/"


def test_signing_out_ends_the_session_and_is_recorded(client: Client, person: User) -> None:
    client.force_login(person)
    response = client.post("/sign-out/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session
    assert signing_events() == [
        ("user.signed_in", "dana", ""),
        ("user.signed_out", "dana", "127.0.0.1"),
    ]


def test_signing_out_anonymously_records_nothing(client: Client) -> None:
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert signing_events() == []


def test_signing_out_by_a_link_is_refused(client: Client, person: User) -> None:
    client.force_login(person)
    assert client.get("/sign-out/").status_code == 405
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("url", ["/sign-in/", "/sign-out/", "/theme/"])
def test_a_form_without_its_token_is_refused(url: str, person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(url, {"username": "dana", "password": PASSWORD, "theme": "dark"})
    assert response.status_code == 403
    assert "The form has expired" in response.content.decode()
    assert signing_events() == []


def test_the_session_ends_when_the_password_changes(client: Client, person: User) -> None:
    client.force_login(person)
    person.set_password("another long and quiet password")
    person.save()
    assert client.get("/").headers["Location"] == "/sign-in/?next=/"


def sign_in(client: Client, password: str, **headers: Any) -> int:
    response = client.post("/sign-in/", {"username": "dana", "password": password}, **headers)
    return response.status_code


def test_ten_wrong_passwords_are_the_limit_even_for_the_right_one(
    client: Client, person: User
) -> None:
    assert [sign_in(client, f"guess {number}") for number in range(12)] == [200] * 9 + [429] * 3
    assert sign_in(client, PASSWORD) == 429
    assert "_auth_user_id" not in client.session
    events = AuditEvent.objects.filter(action="user.locked_out")
    assert {(event.actor_name, event.address) for event in events} == {("dana", "127.0.0.1")}
    page = client.post("/sign-in/", {"username": "dana", "password": "x"}).content.decode()
    assert "Wait a quarter of an hour" in page


def test_the_limit_is_of_one_name_from_one_address(client: Client, person: User) -> None:
    for number in range(10):
        sign_in(client, f"guess {number}")
    assert sign_in(client, PASSWORD, REMOTE_ADDR="192.0.2.7") == 302


def test_the_right_password_begins_the_count_anew(client: Client, person: User) -> None:
    for _ in range(2):
        assert [sign_in(client, "guess") for _ in range(9)] == [200] * 9
        assert sign_in(client, PASSWORD) == 302
        client.logout()


def test_after_a_quarter_of_an_hour_the_name_is_looked_at_again(
    client: Client, person: User
) -> None:
    for _ in range(10):
        sign_in(client, "guess")
    assert sign_in(client, PASSWORD) == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in(client, PASSWORD) == 302
