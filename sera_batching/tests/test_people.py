"""Users and roles: adding, changing, resetting a password; refusals change nothing."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sera_batching.exceptions import Conflict, NotAllowed
from sera_batching.models import AuditEvent, User
from sera_batching.origin import Origin
from sera_batching.people import (
    PersonValues,
    add_person,
    change_person,
    reset_password,
    role_of,
)
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet password"
OTHER = "another long and quiet password"


def make_person(username: str, role: str = "", **values: Any) -> User:
    person = User.objects.create_user(username, password=PASSWORD, **values)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def dana() -> User:
    return make_person("dana", "Admin")


@pytest.fixture
def origin(dana: User) -> Origin:
    return Origin(user=dana, channel="page")


def entered(**changes: Any) -> PersonValues:
    return PersonValues(
        **{
            "username": "kim",
            "first_name": "Kim",
            "last_name": "Lee",
            "email": "kim@example.com",
            "role": "Accountant",
            **changes,
        }
    )


def last_event() -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    event = AuditEvent.objects.latest("pk")
    return event.action, event.target_label, event.before, event.after


def test_a_person_is_added_with_a_role_and_no_password(origin: Origin) -> None:
    kim = add_person(values=entered(), origin=origin)
    assert (role_of(kim), kim.has_usable_password(), kim.is_active) == ("Accountant", False, True)
    assert last_event() == (
        "user.added",
        "kim",
        {},
        {
            "username": "kim",
            "first_name": "Kim",
            "last_name": "Lee",
            "email": "kim@example.com",
            "role": "Accountant",
            "is_active": True,
        },
    )


def test_a_change_is_audited_by_what_differs(origin: Origin) -> None:
    kim = add_person(values=entered(), origin=origin)
    changed = change_person(person=kim, values=entered(role="Office"), origin=origin)
    assert role_of(User.objects.get(pk=changed.pk)) == "Office"
    assert last_event() == ("user.changed", "kim", {"role": "Accountant"}, {"role": "Office"})
    with unchanging():
        change_person(person=kim, values=entered(role="Office"), origin=origin)


@pytest.mark.parametrize("username", ["kim", "KIM"])
def test_a_name_that_is_taken_is_refused(origin: Origin, username: str) -> None:
    make_person("Kim" if username == "kim" else "kim")
    with refused(f"There is already a user “{username}”.", error=Conflict):
        add_person(values=entered(username=username), origin=origin)


def test_a_role_that_is_none_is_refused(origin: Origin) -> None:
    with refused("There is no role “Root”."):
        add_person(values=entered(role="Root"), origin=origin)


@pytest.mark.parametrize("changes", [{"role": "Office"}, {"role": ""}, {"is_active": False}])
def test_the_last_who_manages_users_stays(
    origin: Origin, dana: User, changes: dict[str, Any]
) -> None:
    values = entered(**{"username": "dana", "role": "Admin", **changes})
    message = "At least one person must be able to manage users. Give someone else the role first."
    with refused(message):
        change_person(person=dana, values=values, origin=origin)
    make_person("lou", "Admin")
    change_person(person=dana, values=values, origin=origin)
    assert last_event()[0] == "user.changed"


def test_the_superuser_and_the_operations_user_are_out_of_reach(origin: Origin) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    for person, message in (
        (root, "Only a superuser can change a superuser."),
        (
            User.objects.get(username="ops"),
            "Commands run as ops, so that user can't be changed.",
        ),
    ):
        with refused(message):
            change_person(person=person, values=entered(), origin=origin)
        with refused(message):
            reset_password(person=person, origin=origin)


@pytest.mark.parametrize("role", ["", "Office", "Accountant"])
def test_only_admins_manage_people(dana: User, role: str) -> None:
    origin = Origin(user=make_person("guest", role), channel="page")
    with unchanging(), pytest.raises(NotAllowed):
        add_person(values=entered(), origin=origin)
    with unchanging(), pytest.raises(NotAllowed):
        change_person(person=dana, values=entered(), origin=origin)
    with unchanging(), pytest.raises(NotAllowed):
        reset_password(person=dana, origin=origin)


@pytest.fixture
def admin(client: Client, dana: User) -> Client:
    client.force_login(dana)
    return client


def form(**changes: Any) -> dict[str, Any]:
    return {
        "username": "kim",
        "first_name": "Kim",
        "last_name": "",
        "email": "",
        "role": "Office",
        "is_active": "on",
        **changes,
    }


def link_on(page: str) -> str:
    found = re.search(r'value="http://testserver(/set-password/[^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_a_newcomer_sets_the_password_by_a_link_that_works_once(admin: Client) -> None:
    link = link_on(admin.post("/settings/users/add/", form()).content.decode())
    kim = Client()
    page = kim.get(link, follow=True)
    assert page.status_code == 200
    weak = {"new_password1": "short", "new_password2": "short"}
    assert kim.post(page.request["PATH_INFO"], weak).context["form"].errors
    passwords = {"new_password1": OTHER, "new_password2": OTHER}
    response = kim.post(page.request["PATH_INFO"], passwords)
    assert response.headers["Location"] == "/sign-in/"
    assert last_event()[:2] == ("user.password_set", "kim")
    assert OTHER not in str(list(AuditEvent.objects.values()))
    assert "This link has already been used" in Client().get(link).content.decode()
    signed_in = kim.post("/sign-in/", {"username": "kim", "password": OTHER})
    assert signed_in.headers["Location"] == "/"


def test_resetting_a_password_ends_it_and_the_sessions(admin: Client) -> None:
    person = make_person("kim", "Office")
    kim = Client()
    kim.force_login(person)
    assert kim.get("/invoices/").status_code == 200
    response = admin.post(f"/settings/users/{person.pk}/reset-password/")
    assert link_on(response.content.decode())
    assert kim.get("/invoices/").headers["Location"].startswith("/sign-in/")
    person.refresh_from_db()
    assert not person.has_usable_password()
    assert AuditEvent.objects.filter(action="user.password_reset").count() == 1


def test_nobody_resets_their_own_password_this_way(admin: Client, dana: User) -> None:
    with unchanging():
        response = admin.post(f"/settings/users/{dana.pk}/reset-password/", follow=True)
    assert "Change your own password from the menu" in response.content.decode()


def test_deactivating_a_person_ends_the_sessions(admin: Client) -> None:
    person = make_person("kim", "Office")
    kim = Client()
    kim.force_login(person)
    without = {name: value for name, value in form().items() if name != "is_active"}
    response = admin.post(f"/settings/users/{person.pk}/", without)
    assert response.headers["Location"] == "/settings/users/"
    assert kim.get("/invoices/").headers["Location"].startswith("/sign-in/")
    assert "deactivated" in admin.get("/settings/users/").content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"username": ""}, "This field is required."),
        ({"username": "a b"}, "Enter a valid username."),
        ({"username": "dana"}, "A user with that username already exists."),
        ({"username": "DANA"}, "There is already a user “DANA”."),
        ({"email": "kim"}, "Enter a valid email address."),
        ({"role": "Root"}, "Root is not one of the available choices."),
    ],
)
def test_what_is_wrong_with_a_form_is_said_beside_what_was_entered(
    admin: Client, changes: dict[str, str], message: str
) -> None:
    with unchanging():
        response = admin.post("/settings/users/add/", form(**changes))
    assert response.status_code == 422
    page = response.content.decode()
    assert message in page
    assert 'value="Kim"' in page


def test_an_unknown_user_and_the_operations_user_have_no_page(admin: Client) -> None:
    ops = User.objects.get(username="ops")
    assert admin.get("/settings/users/99999/").status_code == 404
    assert admin.get(f"/settings/users/{ops.pk}/").status_code == 404
    assert ">ops<" not in admin.get("/settings/users/").content.decode()


def test_somebody_changes_their_own_password_and_stays_signed_in_here_alone(
    client: Client,
) -> None:
    person = make_person("kim", "Office")
    elsewhere = Client()
    client.force_login(person)
    elsewhere.force_login(person)
    wrong = {"old_password": "x", "new_password1": OTHER, "new_password2": OTHER}
    assert client.post("/account/password/", wrong).context["form"].errors
    response = client.post("/account/password/", {**wrong, "old_password": PASSWORD})
    assert response.headers["Location"] == "/"
    assert client.get("/invoices/").status_code == 200
    assert elsewhere.get("/invoices/").headers["Location"].startswith("/sign-in/")
    assert last_event()[:2] == ("user.password_changed", "kim")


def test_the_list_takes_as_many_statements_for_ten_as_for_one(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for position in range(10):
        make_person(f"kim{position}", "Office")
    with django_assert_num_queries(8):
        admin.get("/settings/users/")
