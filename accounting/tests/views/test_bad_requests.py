"""No request to any URL causes a server error (B1 to B5).

The URLs come from the URLconf, the names of fields from the templates and the views, so that a new
page is included automatically.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_from_bytes

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounting.tests.views import test_access as access
from accounting.tests.views.test_access import PEOPLE, World, client_of, named_patterns

pytestmark = pytest.mark.django_db
first_world, world = access.first_world, access.world

FORM: Final = "application/x-www-form-urlencoded"
VALUES: Final = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%F0%9F%98%80%E2%80%AE",
    "-1",
    "0",
    "9223372036854775808",
    "9" * 400,
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "none",
    "[]",
    "invoice:9223372036854775808",
    "invoice:x",
    ":",
    "%0D%0ASet-Cookie:a=b",
    "//evil.example/%5C",
    "x" * 3_000,
)
"""As written in a URL: NUL, half a surrogate pair, bytes that are not UTF-8, …"""
BODIES: Final = (
    (b"\x00\xff\xfe", FORM),
    (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    (b"", "multipart/form-data"),
    (b"", "multipart/form-data; boundary=" + "x" * 300),
    (b'{"name": ', "application/json"),
    (b"name=%ff&name=%00", "application/x-www-form-urlencoded; charset=utf-16"),
    (b"name=x", "application/x-www-form-urlencoded; charset=none-such"),
    (b"&".join(b"ticked=invoice:%d" % number for number in range(5_000)),
     "application/x-www-form-urlencoded"),
    (b"&".join(b"shown=invoice:%d&ticked=invoice:%d" % (n, n) for n in range(400)) + b"&act=page",
     "application/x-www-form-urlencoded"),
    (b"reason=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
)  # fmt: skip
READERS: Final = (
    "views/*.py",
    "*views.py",
    "*forms.py",
    "*_form.py",
    "*pages.py",
    "search.py",
    "*filters.py",
    "*listing.py",
)
"""The modules that read what a browser sends."""
PARTS: Final = (0, 2**63, 10**30)
_NAMES: Final = (
    re.compile(r'\bname="([a-z_]\w*)"'),
    re.compile(r'(?:GET|POST|query|data)(?:\.get|\.getlist)?[\[(]"([a-z_]\w*)"'),
    re.compile(r"^    ([a-z_]\w*) = (?:forms\.|\w+Filter\()", re.MULTILINE),
    # What a filter is called in an address, where that is not the name of its field.
    re.compile(r'"(?:date_from|date_to|text|is_open|status)": "([a-z]+)"'),
)


def field_names() -> list[str]:
    """Return every name that a page sends or a view reads."""
    root = Path(settings.BASE_DIR)
    files: Iterable[Path] = [
        *root.glob("templates/**/*.html"),
        *(
            path
            for app in settings.PROJECT_APPS
            for pattern in READERS
            for path in root.glob(f"{app}/**/{pattern}")
            if "tests" not in path.parts
        ),
    ]
    found = {"sort", "password", "username"}
    for path in files:
        text = path.read_text(encoding="utf-8")
        for pattern in _NAMES:
            found.update(pattern.findall(text))
    return sorted(found - {"csrfmiddlewaretoken"})


def query(turn: int) -> str:
    """Return a query string with every name, twice; each turn gives each name other values."""
    return "&".join(
        f"{name}={VALUES[(place * times + turn) % len(VALUES)]}"
        for place, name in enumerate(field_names())
        for times in (1, 3)
    )


def urls(world: World, person: str) -> Iterator[str]:
    """Yield every valid URL of the pages."""
    for name in access.TABLE:
        yield world.url_of(name, person)


def strange_urls() -> Iterator[str]:
    """Yield the URLs with parameters, with numbers that do not exist."""
    for name, pattern in named_patterns():
        for part in PARTS:
            converters = pattern.pattern.converters
            if not converters or name.startswith("admin:"):
                continue
            values = {
                key: part if type(converter).__name__ == "IntConverter" else "%00"
                for key, converter in converters.items()
                if type(converter).__name__ != "UUIDConverter"
            }
            try:
                yield reverse(name, kwargs=values)
            except NoReverseMatch:
                continue


def failure(client: Client, method: str, url: str, **request: Any) -> str:
    """Return what went wrong with a request, or an empty text."""
    try:
        response = client.generic(method, url, **request)
        if response.streaming:
            list(response.streaming_content)  # type: ignore[attr-defined]
    except Exception as error:
        return f"{method} {url[:200]}: {type(error).__name__}: {error}"[:400]
    if response.status_code >= 500:
        return f"{method} {url[:200]}: {response.status_code}"
    return ""


def test_the_names_of_fields_are_found() -> None:
    assert {"page", "tab", "search", "ticked", "as_of", "name", "reason"} <= set(field_names())
    assert {"q", "from", "to", "balance", "state", "status", "department"} <= set(field_names())


FEW: Final = (0, 11)
"""The rounds of every run; all rounds take long."""


def break_pages(world: World, turns: Iterable[int]) -> list[str]:
    """Send every URL the query strings and forms of these rounds; return the failures."""
    client = client_of(world, "Admin")
    asked = [query(turn) for turn in turns]
    found = []
    for url in list(urls(world, "Admin")):
        if url.startswith("/sign-out/"):
            continue
        for each in asked:
            found.append(failure(client, "GET", f"{url}?{each}"))
            found.append(failure(client, "POST", url, data=each.encode(), content_type=FORM))
        client = client_of(world, "Admin")
    return [each for each in found if each]


@pytest.mark.slow
def test_nothing_that_is_sent_breaks_a_page(world: World) -> None:
    assert break_pages(world, FEW) == []


@pytest.mark.exhaustive
def test_nothing_else_that_is_sent_breaks_a_page(world: World) -> None:
    assert break_pages(world, range(len(VALUES))) == []


@pytest.mark.slow
def test_no_body_breaks_a_page(world: World) -> None:
    client = client_of(world, "Admin")
    found = [
        failure(client, "POST", url, data=data, content_type=content_type)
        for url in list(urls(world, "Admin"))
        if not url.startswith("/sign-out/")
        for data, content_type in BODIES
    ]
    assert [each for each in found if each] == []


@pytest.mark.parametrize("person", PEOPLE)
def test_no_number_in_a_url_breaks_a_page(world: World, person: str) -> None:
    client = client_of(world, person)
    strange = list(strange_urls())
    assert len(strange) > 40
    found = [failure(client, method, each) for each in strange for method in ("GET", "POST")]
    assert [each for each in found if each] == []


_BYTES: Final = st.one_of(
    st.sampled_from(VALUES),
    st.binary(max_size=40).map(quote_from_bytes),
    st.text(max_size=40).map(lambda text: quote_from_bytes(text.encode())),
    st.integers().map(str),
)


def _ask(world: World, data: st.DataObject) -> None:
    with transaction.atomic():
        _ask_once(world, data)
        transaction.set_rollback(True)


def _ask_once(world: World, data: st.DataObject) -> None:
    person = data.draw(st.sampled_from(PEOPLE))
    url = data.draw(st.sampled_from([*urls(world, person), *strange_urls()]))
    names = st.sampled_from(field_names())
    pairs = data.draw(st.lists(st.tuples(names, _BYTES), max_size=8))
    encoded = "&".join(f"{name}={value}" for name, value in pairs)
    client = client_of(world, person)
    if data.draw(st.booleans()):
        found = failure(client, "GET", f"{url}?{encoded}")
    else:
        found = failure(
            client,
            "POST",
            url,
            data=encoded.encode(),
            content_type=FORM,
        )
    assert found == "", person


_ANY: Final = hypothesis_settings(
    suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
)


@hypothesis_settings(_ANY, max_examples=25)
@given(data=st.data())
def test_a_few_requests_made_up(world: World, data: st.DataObject) -> None:
    _ask(world, data)


@pytest.mark.exhaustive
@hypothesis_settings(_ANY, max_examples=3_000)
@given(data=st.data())
def test_many_requests_made_up(world: World, data: st.DataObject) -> None:
    _ask(world, data)
