"""The headers of every response, and the origin of a request."""

import logging
import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from sera_batching.exceptions import NotAllowed
from sera_batching.http import CompanyMiddleware, client_address, is_htmx, origin_of
from sera_batching.logs import RequestIdFilter, current_request_id
from sera_batching.models import Company, User


def make_request(**headers: str) -> HttpRequest:
    return RequestFactory().get("/", headers=headers)


@pytest.mark.parametrize("url", ["/sign-in/", "/no/such/page/", "/static/css/app.css"])
def test_every_answer_is_fenced_in(client: Client, db: None, url: str) -> None:
    response = client.get(url)
    response.close()
    headers = response.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])


def test_each_request_has_an_id_of_its_own(client: Client, db: None) -> None:
    first, second = (
        client.get("/sign-in/", headers={"X-Request-ID": "chosen"}).headers["X-Request-ID"]
        for _ in range(2)
    )
    assert len({first, second, "chosen"}) == 3
    assert current_request_id.get() == ""


def test_a_log_line_carries_the_id_of_its_request() -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "text", None, None)
    assert RequestIdFilter().filter(record)
    assert record.__dict__["request_id"] == "-"
    token = current_request_id.set("abc")
    RequestIdFilter().filter(record)
    current_request_id.reset(token)
    assert record.__dict__["request_id"] == "abc"


def test_a_forged_forwarded_address_counts_for_nothing(settings: Any) -> None:
    request = make_request(**{"X-Forwarded-For": "6.6.6.6"})
    assert client_address(request) == "127.0.0.1"
    settings.BEHIND_PROXY = True
    request = make_request(**{"X-Forwarded-For": "6.6.6.6, 192.0.2.7"})
    assert client_address(request) == "192.0.2.7"
    assert client_address(make_request()) == "127.0.0.1"


def test_a_forged_host_is_refused(client: Client) -> None:
    assert client.get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_the_origin_names_who_acts_and_from_where() -> None:
    person = User.objects.create_user("dana")
    request = make_request()
    request.user = person
    token = current_request_id.set("abc")
    origin = origin_of(request)
    current_request_id.reset(token)
    assert (origin.user, origin.channel, origin.request_id, origin.address) == (
        person,
        "page",
        "abc",
        "127.0.0.1",
    )


def test_nobody_has_no_origin() -> None:
    request = make_request()
    request.user = AnonymousUser()
    with pytest.raises(NotAllowed, match="Sign in first"):
        origin_of(request)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_htmx_asks_for_a_fragment(headers: dict[str, str], expected: bool) -> None:
    assert is_htmx(make_request(**headers)) is expected


@pytest.mark.django_db
def test_dates_are_shown_in_the_zone_of_the_company() -> None:
    company = Company.current()
    company.time_zone = "Pacific/Auckland"
    company.save()
    zones = []

    def answer(request: HttpRequest) -> HttpResponse:
        zones.append(timezone.get_current_timezone_name())
        return HttpResponse()

    request = make_request()
    request.user = AnonymousUser()
    CompanyMiddleware(answer)(request)
    request.user = User.objects.create_user("dana")
    CompanyMiddleware(answer)(request)
    assert zones == ["UTC", "Pacific/Auckland"]
    assert timezone.get_current_timezone_name() == "UTC"
