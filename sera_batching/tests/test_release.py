"""The version of the product: one place, shown by the pages, the commands and the API."""

import re
import subprocess
import sys

import django
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from sera_batching import __version__
from sera_batching.models import User

FOOTER = re.compile(r"<footer[^>]*>\s*Sera Batching 0\.9\.0\s*</footer>")


def run_manage(*words: str) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return result.stdout


@pytest.mark.parametrize(
    "words", [["--version"], ["version"], ["list_batches", "--version"]], ids=" ".join
)
def test_manage_names_the_product_and_django(words: list[str]) -> None:
    assert run_manage(*words) == f"Sera Batching 0.9.0 (Django {django.get_version()})\n"


def test_the_rest_of_manage_is_django() -> None:
    assert "Available subcommands:" in run_manage("help")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/no/such/page/", "/admin/"])
def test_the_footer_of_every_page_has_the_version(client: Client, path: str) -> None:
    user = User.objects.create_user("dana")
    user.groups.add(Group.objects.get(name="Admin"))
    client.force_login(user)
    assert FOOTER.search(client.get(path).text)


@pytest.mark.django_db
def test_the_footer_is_there_before_signing_in(client: Client) -> None:
    assert FOOTER.search(client.get("/sign-in/").text)


def test_the_page_for_an_error_has_the_version(rf: RequestFactory) -> None:
    assert FOOTER.search(server_error(rf.get("/")).text)


def test_the_description_of_the_api_has_the_version(client: Client) -> None:
    assert client.get("/api/v1/openapi.json").json()["info"]["version"] == "0.9.0"


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (settings.BASE_DIR / "CHANGELOG.md").read_text()
    heading = rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$"
    assert re.search(heading, changelog, re.MULTILINE)
