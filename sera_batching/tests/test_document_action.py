"""What every action has: permission, one transaction, the audit trail, the books lock."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from invoices.models import Department
from invoices.tests.factories import make_department, make_origin
from sera_batching import audit
from sera_batching.database.locks import (
    BOOKS_LOCK_KEY,
    exclusive_books_lock,
    shared_books_lock,
)
from sera_batching.document_action import (
    document_action,
    record_act,
    record_by_person,
    require_reason,
)
from sera_batching.exceptions import Conflict, NotAllowed, Refused
from sera_batching.models import AuditEvent
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_without_the_permission_the_block_never_runs() -> None:
    origin = make_origin("Office")
    with (
        refused(
            f"{origin.user} isn't allowed to do this (it requires invoices.edit_invoice). Ask "
            "your company's admin.",
            error=NotAllowed,
        ),
        document_action(origin=origin, permission="invoices.edit_invoice"),
    ):
        Department.objects.create(name="HVAC")


def test_a_feed_was_permitted_as_a_whole() -> None:
    with document_action(
        origin=make_origin("Office", channel="feed"), permission="invoices.edit_invoice"
    ):
        Department.objects.create(name="HVAC")
    assert Department.objects.count() == 1


def test_a_refusal_takes_everything_back() -> None:
    origin = make_origin()
    with (
        refused("No."),
        document_action(origin=origin, permission="invoices.edit_invoice"),
    ):
        Department.objects.create(name="HVAC")
        raise Refused("No.")


def test_a_unique_constraint_means_that_somebody_was_first() -> None:
    origin = make_origin()
    make_department("HVAC", origin=origin)
    with (
        refused(
            "Someone else has just made the same change. Review it, then try again.",
            error=Conflict,
        ),
        document_action(origin=origin, permission="invoices.edit_invoice"),
    ):
        Department.objects.create(name="hvac")


def test_another_constraint_is_a_fault_of_ours_and_is_not_dressed_up() -> None:
    with (
        pytest.raises(IntegrityError),
        document_action(origin=make_origin(), permission="invoices.edit_invoice"),
    ):
        Department.objects.create(name=None)  # type: ignore[misc]


def test_people_give_a_reason() -> None:
    origin = make_origin()
    assert require_reason(" wrong date ", origin=origin) == "wrong date"
    with refused("Enter a reason."):
        require_reason("  ", origin=origin)
    with refused("The reason contains a control character, which no workbook can carry."):
        require_reason("\x00", origin=origin)
    assert require_reason("", origin=make_origin(channel="feed")) == ""


def test_the_audit_trail_says_who_did_what_from_where_before_and_after() -> None:
    origin = make_origin(source="")
    department = make_department("HVAC", origin=origin)
    event = audit.record(
        origin=origin,
        action="department.praised",
        target=department,
        before={"stars": 1},
        after={"stars": 2},
        note="good work",
    )
    assert audit.events_of(department).first() == event
    assert str(event) == f"department.praised HVAC by {origin.user}"
    assert (
        event.actor,
        event.actor_name,
        event.target_type,
        event.target_id,
        event.target_label,
        event.before,
        event.after,
        event.note,
        event.channel,
    ) == (
        origin.user,
        origin.user.username,
        "invoices.department",
        str(department.pk),
        "HVAC",
        {"stars": 1},
        {"stars": 2},
        "good work",
        "page",
    )
    assert event.at.tzinfo is datetime.UTC


def test_an_event_without_a_target() -> None:
    event = audit.record(origin=make_origin(), action="feed.imported", after={"created": 3})
    assert (event.target_type, event.target_id, event.target_label) == ("", "", "")


def test_only_what_differs_is_kept_and_nothing_for_a_feed() -> None:
    department = make_department("HVAC")
    count = AuditEvent.objects.count()
    for channel in ("page", "feed"):
        record_by_person(
            origin=make_origin(channel=channel),
            action="department.tried",
            target=department,
            before={"a": 1, "b": 2, "gone": 3},
            after={"a": 1, "b": 4, "new": 5},
        )
    assert AuditEvent.objects.count() == count + 1
    event = AuditEvent.objects.get(action="department.tried")
    assert (event.before, event.after) == ({"b": 2, "gone": 3}, {"b": 4, "new": 5})


def test_an_act_without_a_row_of_its_own_is_kept_for_a_feed_too() -> None:
    origin = make_origin(channel="feed", source="march.jsonl:12")
    record_act(origin=origin, action="department.tried", target=make_department("HVAC"))
    event = AuditEvent.objects.get(action="department.tried")
    assert (event.channel, event.source) == ("feed", "march.jsonl:12")


@pytest.mark.django_db(transaction=True)
def test_the_books_lock_needs_a_transaction() -> None:
    for lock in (shared_books_lock, exclusive_books_lock):
        with pytest.raises(transaction.TransactionManagementError):
            lock()


def held_locks() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
            " AND pid = pg_backend_pid() ORDER BY mode",
            [BOOKS_LOCK_KEY],
        )
        return [mode for (mode,) in cursor.fetchall()]


@pytest.mark.postgresql  # SQLite has one writer at a time
def test_actions_share_the_books_lock_and_batching_takes_it_alone() -> None:
    with document_action(origin=make_origin(), permission="invoices.edit_invoice"):
        assert held_locks() == ["ShareLock"]
    with transaction.atomic():
        exclusive_books_lock()
        assert "ExclusiveLock" in held_locks()
