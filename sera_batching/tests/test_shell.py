"""The shell of every page: what it shows to whom, the theme, the error pages."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from sera_batching.database import triggers
from sera_batching.models import Company, User
from sera_batching.navigation import groups_for, user_menu_for

pytestmark = pytest.mark.django_db

NAVIGATION_OF_ROLE = {
    "": [],
    "Office": [
        ("Reports: Accounting", [("Previous Batches", "/batches/")]),
        (
            "",
            [("Invoices", "/invoices/"), ("Payments", "/payments/"), ("Customers", "/customers/")],
        ),
    ],
    "Accountant": [
        ("", [("Home", "/")]),
        ("Accounting", [("Unbatched", "/unbatched/")]),
        (
            "Reports: Accounting",
            [
                ("Previous Batches", "/batches/"),
                ("Revenue", "/reports/revenue/"),
                ("Pending Revenue", "/reports/pending-revenue/"),
                ("Completeness", "/reports/completeness/"),
            ],
        ),
        (
            "",
            [
                ("Invoices", "/invoices/"),
                ("Payments", "/payments/"),
                ("Customers", "/customers/"),
                ("Fix in QuickBooks", "/follow-ups/"),
            ],
        ),
        (
            "Settings",
            [("Departments", "/departments/"), ("Items", "/items/"), ("Classes", "/classes/")],
        ),
    ],
    "Admin": [
        ("", [("Home", "/")]),
        ("Accounting", [("Unbatched", "/unbatched/")]),
        (
            "Reports: Accounting",
            [
                ("Previous Batches", "/batches/"),
                ("Revenue", "/reports/revenue/"),
                ("Pending Revenue", "/reports/pending-revenue/"),
                ("Completeness", "/reports/completeness/"),
            ],
        ),
        (
            "",
            [
                ("Invoices", "/invoices/"),
                ("Payments", "/payments/"),
                ("Customers", "/customers/"),
                ("Fix in QuickBooks", "/follow-ups/"),
                ("Audit trail", "/audit/"),
            ],
        ),
        (
            "Settings",
            [
                ("Company", "/settings/"),
                ("Departments", "/departments/"),
                ("Items", "/items/"),
                ("Classes", "/classes/"),
                ("Users", "/settings/users/"),
                ("Tokens", "/settings/tokens/"),
                ("Webhooks", "/settings/webhooks/"),
                ("Uploads", "/uploads/"),
            ],
        ),
    ],
}


def make_person(role: str = "") -> User:
    person = User.objects.create_user("dana")
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


@pytest.mark.parametrize("role", NAVIGATION_OF_ROLE)
def test_the_navigation_shows_what_the_role_may_see(role: str) -> None:
    request = RequestFactory().get("/")
    request.user = make_person(role)
    shown = [
        (group.header, [(entry.label, entry.url) for entry in group.entries])
        for group in groups_for(request)
    ]
    assert shown == NAVIGATION_OF_ROLE[role]


@pytest.mark.parametrize(
    ("role", "expected"),
    [("", []), ("Office", [("Notices by e-mail", "/account/notices/")])],
)
def test_the_menu_of_the_name_shows_what_the_role_may_see(
    role: str, expected: list[tuple[str, str]]
) -> None:
    request = RequestFactory().get("/")
    request.user = make_person(role)
    assert [(entry.label, entry.url) for entry in user_menu_for(request)] == expected


@pytest.mark.parametrize(
    ("path", "label", "mark"),
    [
        ("/", "Home", "page"),
        ("/batches/", "Previous Batches", "page"),
        ("/batches/7/", "Previous Batches", "true"),
        ("/settings/", "Company", "page"),
        ("/settings/users/", "Users", "page"),
        ("/settings/users/7/", "Users", "true"),
    ],
)
def test_the_page_in_sight_alone_is_marked(path: str, label: str, mark: str) -> None:
    request = RequestFactory().get(path)
    request.user = make_person("Admin")
    shown = [entry for group in groups_for(request) for entry in group.entries if entry.current]
    assert [(entry.label, entry.current) for entry in shown] == [(label, mark)]


def test_a_person_without_a_role_is_told_so(client: Client) -> None:
    client.force_login(make_person())
    response = client.get("/")
    assert response.status_code == 200
    assert "Ask your company's admin for a role." in response.content.decode()


def test_every_page_has_a_skip_link_one_heading_and_the_company(client: Client) -> None:
    company = Company.current()
    company.name = "<b>Elm & Sons</b>"
    company.save()
    client.force_login(make_person())
    page = client.get("/").content.decode()
    assert page.count("<h1>") == 1
    assert page.index('href="#main"') < page.index("<header")
    assert "&lt;b&gt;Elm &amp; Sons&lt;/b&gt;" in page
    assert 'action="/sign-out/"' in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_and_forgotten(client: Client, theme: str) -> None:
    response = client.post("/theme/", {"theme": theme, "next": "/sign-in/?next=/batches/"})
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in/?next=/batches/"
    assert client.cookies["theme"]["httponly"] is True
    assert f'data-bs-theme="{theme}"' in client.get("/sign-in/").content.decode()
    client.post("/theme/", {"theme": "auto"})
    assert "data-bs-theme" not in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("theme", ["", "blue", '"><script>'])
def test_an_unknown_theme_is_refused(client: Client, theme: str) -> None:
    assert client.post("/theme/", {"theme": theme}).status_code == 400
    assert "theme" not in client.cookies


def test_a_theme_cookie_that_was_tampered_with_is_ignored(client: Client) -> None:
    client.cookies["theme"] = "blue"
    assert "data-bs-theme" not in client.get("/sign-in/").content.decode()


def test_the_theme_is_changed_by_a_form_only(client: Client) -> None:
    assert client.get("/theme/").status_code == 405


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", ""])
def test_the_theme_form_leads_nowhere_else(client: Client, url: str) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": url})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_page_that_is_not_there(client: Client, signed_in: bool) -> None:
    if signed_in:
        client.force_login(make_person())
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is no page at this address." in response.content.decode()


def test_the_page_for_an_error_needs_nothing(client: Client, rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Your request was not carried out." in response.content.decode()


def test_health(client: Client) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response.headers["Cache-Control"]
    assert client.post("/health/").status_code == 405


def test_health_of_a_database_that_guards_nothing(client: Client) -> None:
    """The state after a migration that failed halfway."""
    triggers.lift()
    response = client.get("/health/")
    assert response.status_code == 503
    assert "run migrate" in response.text


def test_no_template_has_inline_script_or_style() -> None:
    for template in Path(project_settings.BASE_DIR / "templates").rglob("*.html"):
        text = template.read_text()
        assert "<style" not in text, template
        assert ' style="' not in text, template
        assert "<script>" not in text, template
        assert re.findall(r"\son[a-z]+=", text) == [], template


def test_the_shell_asks_a_constant_number_of_questions(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.force_login(make_person())
    # Session, user, company, the user's own permissions, those of the groups.
    with django_assert_num_queries(5):
        client.get("/")
