"""The settings page: who may open it, what it refuses, what it writes to the audit trail."""

import html
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from sera_batching.company import CompanyValues, change_company
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent, Company, User
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

URL = "/settings/"


def make_person(role: str) -> User:
    person = User.objects.create_user(role.lower())
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def admin_client_of_role(client: Client) -> Client:
    client.force_login(make_person("Admin"))
    return client


def entered(**changes: str) -> dict[str, str]:
    """Return the initial fields of the form, with changes."""
    fields = {
        "name": "My Company",
        "time_zone": "America/Chicago",
        "profile": "online",
        "ar_account": "Accounts Receivable (A/R)",
        "default_deposit_account": "",
        "default_refund_account": "Undeposited Funds",
        "default_tax_item": "",
        "closing_date": "",
    }
    return {**fields, **changes}


def stored() -> dict[str, Any]:
    return dict(Company.objects.values().get())


def changes() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="company.changed"))


def test_an_admin_sees_the_settings(admin_client_of_role: Client) -> None:
    company = Company.current()
    company.deposit_accounts = {"card": "Card Clearing"}
    company.refund_accounts = {"ach": "Bank <1>"}
    company.closing_date = date(2025, 12, 31)
    company.save()
    page = admin_client_of_role.get(URL).content.decode()
    assert "<title>Settings · Sera Batching</title>" in page
    assert 'value="Card Clearing"' in page
    assert 'value="Bank &lt;1&gt;"' in page
    assert 'value="2025-12-31"' in page
    assert '<option value="America/Chicago"></option>' in page


def test_saving_writes_the_settings_and_one_audit_row(admin_client_of_role: Client) -> None:
    response = admin_client_of_role.post(
        URL,
        entered(
            name="  Elm & Sons ",
            time_zone="America/New_York",
            profile="desktop",
            default_tax_item="Austin",
            deposit_card="Card Clearing",
            refund_check="Checking:Main",
            closing_date="2025-12-31",
        ),
        follow=True,
    )
    assert response.redirect_chain == [(URL, 302)]
    assert "The settings were saved." in response.content.decode()
    company = Company.current()
    assert (company.name, company.time_zone, company.profile, company.closing_date) == (
        "Elm & Sons",
        "America/New_York",
        "desktop",
        date(2025, 12, 31),
    )
    assert company.deposit_accounts == {"card": "Card Clearing"}
    assert company.refund_accounts == {"check": "Checking:Main"}
    [event] = changes()
    assert (event.actor_name, event.channel, event.target_label) == ("admin", "page", "Elm & Sons")
    assert event.before == {
        "name": "My Company",
        "time_zone": "America/Chicago",
        "profile": "online",
        "deposit_accounts": {},
        "refund_accounts": {},
        "default_tax_item": "",
        "closing_date": None,
    }
    assert event.after["closing_date"] == "2025-12-31"
    assert event.after["deposit_accounts"] == {"card": "Card Clearing"}


def test_saving_what_is_so_already_records_nothing(admin_client_of_role: Client) -> None:
    before = stored()
    assert admin_client_of_role.post(URL, entered()).status_code == 302
    assert stored() == before
    assert changes() == []


LONG_LEVEL = "Other Current Assets of the Company"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"time_zone": "Mars/Olympus"}, "isn't a time zone"),
        ({"time_zone": "../etc/passwd"}, "isn't a time zone"),
        ({"time_zone": "America"}, "isn't a time zone"),
        ({"profile": "xero"}, "Select a valid choice."),
        ({"ar_account": ""}, "This field is required."),
        ({"ar_account": "x" * 101}, "QuickBooks Online allows 100 characters; this has 101."),
        ({"default_refund_account": ""}, "This field is required."),
        (
            {"refund_cash": "accounts receivable (a/r)"},
            "can't be paid from the accounts receivable",
        ),
        ({"deposit_ach": "Bank\tMain"}, "contains a control character"),
        ({"closing_date": "2026-13-40"}, "Enter a valid date."),
        ({"profile": "desktop"}, "needs a sales tax item on every document"),
        (
            {"profile": "desktop", "default_tax_item": "x" * 32},
            "QuickBooks Desktop allows 31 characters.",
        ),
        (
            {"profile": "desktop", "default_tax_item": "A", "deposit_card": f"Bank:{LONG_LEVEL}"},
            "allows 31 characters between two colons",
        ),
    ],
)
def test_bad_input_is_refused_with_its_reason(
    admin_client_of_role: Client, change: dict[str, str], message: str
) -> None:
    before = stored()
    response = admin_client_of_role.post(URL, entered(**change))
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert 'role="alert"' in page
    assert message in page
    assert stored() == before
    assert changes() == []


def test_anonymous_is_sent_to_sign_in(client: Client) -> None:
    assert client.get(URL).headers["Location"] == "/sign-in/?next=/settings/"


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_other_roles_are_refused(client: Client, role: str) -> None:
    client.force_login(make_person(role))
    before = stored()
    assert client.get(URL).status_code == 403
    assert client.post(URL, entered(name="Mine")).status_code == 403
    assert stored() == before


def test_the_service_asks_for_the_permission_too() -> None:
    values = CompanyValues(
        name="Mine",
        time_zone="UTC",
        profile="online",
        ar_account="A/R",
        default_deposit_account="",
        deposit_accounts={},
        default_refund_account="Cash",
        refund_accounts={},
        default_tax_item="",
        closing_date=None,
    )
    before = stored()
    with pytest.raises(NotAllowed):
        change_company(values=values, origin=Origin(user=make_person("Accountant")))
    assert stored() == before


def test_wrong_method(admin_client_of_role: Client) -> None:
    assert admin_client_of_role.delete(URL).status_code == 405


def test_the_page_asks_a_constant_number_of_questions(
    admin_client_of_role: Client, django_assert_num_queries: Any
) -> None:
    # Session, user, company, two for permissions, the settings, what the navigation counts.
    with django_assert_num_queries(7):
        admin_client_of_role.get(URL)


def test_a_pattern_for_the_names_of_batches(admin_client_of_role: Client) -> None:
    admin_client_of_role.post(URL, entered(batch_name_pattern="Week of {date}"))
    assert Company.current().batch_name_pattern == "Week of {date}"
    admin_client_of_role.post(URL, entered(batch_name_pattern=""))
    assert Company.current().batch_name_pattern == "Batch_{date}_{time}"
    before = stored()
    response = admin_client_of_role.post(URL, entered(batch_name_pattern="{user}"))
    assert response.status_code == 422
    assert "There is no {user}; use {date}, {time} and {month}." in response.content.decode()
    assert stored() == before
