"""Fix in QuickBooks: the list, closing and reopening; permissions and refusals."""

from typing import Any

import pytest
from django.test import Client

from accounting.follow_ups.close import close_follow_up, reopen_follow_up
from accounting.models import FollowUp
from invoices.tests.factories import make_customer, make_origin, make_user
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db

LIST = "/follow-ups/"


def make_follow_up(problem: str = "The key was changed.", **values: Any) -> FollowUp:
    return FollowUp.objects.create(
        problem=problem,
        remedy="Rename the customer in QuickBooks.",
        **{
            "cause": FollowUp.Cause.KEY_CHANGED,
            "customer": values.pop("customer", None) or make_customer(),
            **values,
        },
    )


@pytest.fixture
def accountant(client: Client) -> Client:
    client.force_login(make_user("Accountant", username="dana"))
    return client


def state_of(entry: FollowUp) -> tuple[str, str, str]:
    entry.refresh_from_db()
    closed_by = entry.closed_by.get_username() if entry.closed_by else ""
    return entry.status, closed_by, entry.note


def audited() -> list[tuple[str, str, str]]:
    events = AuditEvent.objects.filter(action__startswith="follow_up.").order_by("pk")
    return [(event.action, event.actor_name, event.note) for event in events]


def test_the_open_entries_are_shown_first(accountant: Client) -> None:
    make_follow_up("Renamed <b>Jane</b>.", amount_cents=123456)
    make_follow_up("Was done.", status=FollowUp.Status.DONE)
    page = accountant.get(LIST).content.decode()
    assert "<title>Fix in QuickBooks (1) · Sera Batching</title>" in page
    assert "Renamed &lt;b&gt;Jane&lt;/b&gt;." in page
    assert "Rename the customer in QuickBooks." in page
    assert "1,234.56" in page
    assert "Was done." not in page
    assert 'class="navigation-count">1<' in page


def test_entries_of_another_status(accountant: Client) -> None:
    make_follow_up("Still open.")
    make_follow_up("Was done.", status=FollowUp.Status.DONE, note="Renamed.")
    page = accountant.get(LIST, {"status": "done"}).content.decode()
    assert "Was done." in page
    assert "Renamed." in page
    assert "Still open." not in page


def test_nothing_to_fix(accountant: Client) -> None:
    page = accountant.get(LIST).content.decode()
    assert "Nothing to fix" in page
    assert 'class="navigation-count"' not in page


@pytest.mark.parametrize("query", ["status=gone", "page=-1", "page=x", "page=99", "status="])
def test_nonsense_in_the_url_shows_the_open_entries(accountant: Client, query: str) -> None:
    make_follow_up("Still open.")
    response = accountant.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert "Still open." in response.content.decode()


def test_ticking_off_with_a_note(accountant: Client) -> None:
    entry = make_follow_up()
    response = accountant.post(
        f"{LIST}{entry.pk}/close/", {"note": " Renamed it. ", "status": "open"}
    )
    assert response.status_code == 302
    assert response.headers["Location"] == "/follow-ups/?status=open"
    assert state_of(entry) == ("done", "dana", "Renamed it.")
    assert entry.closed_at is not None
    assert audited() == [("follow_up.closed", "dana", "Renamed it.")]
    accountant.post(f"{LIST}{entry.pk}/close/", {"note": "Again."})
    assert state_of(entry) == ("done", "dana", "Renamed it.")
    assert len(audited()) == 1


def test_putting_back_keeps_the_note_in_the_audit_trail(accountant: Client) -> None:
    entry = make_follow_up()
    accountant.post(f"{LIST}{entry.pk}/close/", {"note": "Renamed it."})
    response = accountant.post(f"{LIST}{entry.pk}/reopen/", {"status": "done"})
    assert response.headers["Location"] == "/follow-ups/?status=done"
    assert state_of(entry) == ("open", "", "")
    assert entry.closed_at is None
    event = AuditEvent.objects.get(action="follow_up.reopened")
    assert event.before == {"closed_by": "dana", "note": "Renamed it."}
    accountant.post(f"{LIST}{entry.pk}/reopen/")
    assert len(audited()) == 2


def test_what_an_undo_made_needless_is_not_worked_on(accountant: Client) -> None:
    entry = make_follow_up(status=FollowUp.Status.SUPERSEDED)
    for act in ("close", "reopen"):
        response = accountant.post(f"{LIST}{entry.pk}/{act}/", follow=True)
        assert "This is no longer needed" in response.content.decode()
    assert state_of(entry) == ("superseded", "", "")
    assert audited() == []


def test_a_note_that_cannot_be_kept_is_refused(accountant: Client) -> None:
    entry = make_follow_up()
    response = accountant.post(f"{LIST}{entry.pk}/close/", {"note": "a\0b"}, follow=True)
    assert "control character" in response.content.decode()
    assert state_of(entry) == ("open", "", "")


def test_an_entry_that_is_not_there(accountant: Client) -> None:
    assert accountant.post(f"{LIST}4711/close/").status_code == 404
    assert accountant.post(f"{LIST}4711/reopen/").status_code == 404


@pytest.mark.parametrize("act", ["close", "reopen"])
def test_ticks_change_by_forms_only(accountant: Client, act: str) -> None:
    entry = make_follow_up()
    assert accountant.get(f"{LIST}{entry.pk}/{act}/").status_code == 405
    assert accountant.post(LIST).status_code == 405
    assert state_of(entry) == ("open", "", "")


def test_the_services_ask_for_the_permission_too() -> None:
    entry = make_follow_up()
    office = make_origin("Office")
    with pytest.raises(NotAllowed):
        close_follow_up(follow_up=entry, note="", origin=office)
    with pytest.raises(NotAllowed):
        reopen_follow_up(follow_up=entry, origin=office)
    assert state_of(entry) == ("open", "", "")


def test_the_services_refuse_what_is_needless() -> None:
    entry = make_follow_up(status=FollowUp.Status.SUPERSEDED)
    with pytest.raises(Refused):
        close_follow_up(follow_up=entry, note="", origin=make_origin("Accountant"))


def test_the_list_asks_a_constant_number_of_questions(
    accountant: Client, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        make_follow_up(f"Problem {number}.")
    # Session, user, company, two for permissions; counts, entries; the navigation's count.
    with django_assert_num_queries(8):
        accountant.get(LIST)


def test_the_list_is_narrowed(accountant: Client) -> None:
    make_follow_up("The key of Jane.")
    make_follow_up("Merged June.", cause=FollowUp.Cause.CUSTOMER_MERGED)
    by_cause = accountant.get(LIST, {"cause": "customer_merged"}).content.decode()
    assert "Merged June." in by_cause
    assert "The key of Jane." not in by_cause
    by_text = accountant.get(LIST, {"q": "jane."}).content.decode()
    assert "The key of Jane." in by_text
    assert "Merged June." not in by_text
    none = accountant.get(LIST, {"to": "2001-01-01"}).content.decode()
    assert "No entries match" in none


@pytest.mark.parametrize("query", ["cause=x", "from=never", "q=%00", "page=7"])
def test_nonsense_in_the_url_shows_everything(accountant: Client, query: str) -> None:
    make_follow_up("The key of Jane.")
    answer = accountant.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert "The key of Jane." in answer.content.decode()


def test_ticking_off_comes_back_to_the_list_as_it_was(accountant: Client) -> None:
    entry = make_follow_up()
    form = {"note": "", "status": "open", "cause": "key_changed", "q": "key", "page": "1"}
    answer = accountant.post(f"{LIST}{entry.pk}/close/", form)
    assert answer.headers["Location"] == f"{LIST}?status=open&cause=key_changed&q=key&page=1"


def test_the_list_as_csv_is_on_record(accountant: Client) -> None:
    customer = make_customer("C-1", name="=Jane")
    entry = make_follow_up("The key.", amount_cents=-123456, customer=customer)
    make_follow_up("Was done.", status=FollowUp.Status.DONE)
    answer = accountant.get("/follow-ups.csv", {"status": "open"})
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    raised = entry.raised_at.isoformat(timespec="seconds")
    todo = "Rename the customer in QuickBooks.,Open,,,"
    assert lines[1:] == [
        f"{entry.pk},{raised},Accounting key changed,Customer C-1,'=Jane,,-1234.56,The key.,{todo}"
    ]
    assert AuditEvent.objects.filter(action="follow_up.list_downloaded").count() == 1
