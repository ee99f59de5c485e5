"""Django's admin: who has access, and that records are read-only."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from sera_batching.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet password"
USERS = "/admin/sera_batching/user/"


def make_person(role: str, username: str = "") -> User:
    person = User.objects.create_user(username or role.lower(), password=PASSWORD)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def admin_of_role(client: Client) -> Client:
    client.force_login(make_person("Admin", "dana"))
    return client


def test_the_role_opens_the_admin_without_is_staff(client: Client) -> None:
    make_person("Admin")
    response = client.post(
        "/admin/login/", {"username": "admin", "password": PASSWORD, "next": "/admin/"}
    )
    assert response.headers["Location"] == "/admin/"
    page = client.get("/admin/").content.decode()
    assert "Records" in page
    assert "Audit" in page


@pytest.mark.parametrize("role", ["", "Office", "Accountant"])
@pytest.mark.parametrize("is_staff", [False, True])
def test_nobody_else_comes_in(client: Client, role: str, is_staff: bool) -> None:
    person = make_person(role, "guest")
    person.is_staff = is_staff
    person.save()
    client.force_login(person)
    for url in ("/admin/", USERS, "/admin/sera_batching/auditevent/"):
        response = client.get(url)
        assert response.status_code == 302
        assert response.headers["Location"] == f"/admin/login/?next={url}"


RECORDS = sorted(
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
)


@pytest.mark.parametrize("url", RECORDS)
def test_records_are_only_looked_at(admin_of_role: Client, url: str) -> None:
    assert admin_of_role.get(url).status_code == 200
    assert admin_of_role.get(f"{url}?q=10023").status_code == 200
    assert admin_of_role.get(f"{url}add/").status_code == 403
    assert admin_of_role.post(f"{url}add/", {}).status_code == 403


def test_a_superuser_changes_no_record_either(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    form = {"name": "Mine"}
    assert client.get("/admin/sera_batching/company/1/change/").status_code == 200
    assert client.post("/admin/sera_batching/company/1/change/", form).status_code == 403
    assert client.post("/admin/sera_batching/company/1/delete/", {"post": "yes"}).status_code == 403


def test_roles_are_not_edited_by_hand() -> None:
    assert Group not in admin.site._registry
