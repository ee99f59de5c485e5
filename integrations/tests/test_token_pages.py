import pytest
from django.core.management import call_command
from django.test import Client

from integrations.models import ApiToken
from integrations.services.tokens import digest_of
from integrations.tests.scenes import make_webhook
from invoices.tests.factories import make_user

pytestmark = pytest.mark.django_db

FORM = {"name": "Upstream", "owner": "dana", "scopes": ["read", "feed"], "last_day": "2099-12-31"}


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(make_user(username="dana"))
    return client


def test_a_token_is_shown_once(browser: Client) -> None:
    answer = browser.post("/settings/tokens/add/", FORM)
    page = answer.content.decode()
    secret = page[page.index("sera_") :].partition("<")[0]
    token = ApiToken.objects.get(digest=digest_of(secret))
    assert (token.name, token.owner.username, token.scopes) == (
        "Upstream",
        "dana",
        ["read", "feed"],
    )
    # The company is in Chicago: the last day ends there.
    assert token.expires_at is not None
    assert token.expires_at.isoformat() == "2100-01-01T06:00:00+00:00"
    assert "no-store" in answer.headers["Cache-Control"]
    listed = browser.get("/settings/tokens/").content.decode()
    assert secret not in listed
    assert token.hint in listed


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a\x00b"},
        {"owner": "nobody"},
        {"owner": "ops"},
        {"scopes": []},
        {"scopes": ["root"]},
        {"last_day": "2001-01-01"},
        {"last_day": "9999-12-31"},
        {"last_day": "tomorrow"},
    ],
)
def test_a_form_that_makes_no_sense_comes_back(browser: Client, change: dict[str, object]) -> None:
    answer = browser.post("/settings/tokens/add/", {**FORM, **change})
    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_revoking_on_the_page(browser: Client) -> None:
    browser.post("/settings/tokens/add/", FORM)
    token = ApiToken.objects.get()
    assert browser.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 302
    assert "Revoked" in browser.get("/settings/tokens/").content.decode()
    assert browser.post("/settings/tokens/77/revoke/").status_code == 404


def test_the_command_rotates_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    make_webhook()
    call_command("rotate_secrets", "--json")
    assert capsys.readouterr().out == '{"rotated": 1}\n'
