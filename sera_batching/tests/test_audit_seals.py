"""The audit trail is sealed in a chain of blocks, and tampering with it is found."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from sera_batching.audit import seals
from sera_batching.audit.seals import gaps_of, is_in_gap, seal_audit, verify_audit
from sera_batching.database import triggers
from sera_batching.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db


def write(count: int, *, first_id: int | None = None) -> list[AuditEvent]:
    """Write events, with explicit ids from `first_id` on."""
    return [
        AuditEvent.objects.create(
            pk=None if first_id is None else first_id + position,
            actor_name="dana",
            action="batch.undone",
            target_type="accounting.batch",
            target_id="7",
            before={"status": "ready", "b": 1},
            after={"status": "undone"},
            note="Wrong month: “März”.",
            channel="page",
        )
        for position in range(count)
    ]


@pytest.fixture(autouse=True)
def beginning() -> None:
    """Seal the events from the setup of the database."""
    seal_audit()


@contextmanager
def tampering() -> Iterator[None]:
    """Do what only somebody with access to the database can do."""
    triggers.remove()
    try:
        yield
    finally:
        triggers.install()


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([3, 4, 5], []),
        ([3, 5], [(4, 4)]),
        ([4, 9], [(3, 3), (5, 8)]),
        ([], [(3, 9)]),
    ],
)
def test_gaps_are_what_is_missing(ids: list[int], expected: list[tuple[int, int]]) -> None:
    assert gaps_of(ids, 3, ids[-1] if ids else 9) == expected
    assert [number for number in range(3, 10) if is_in_gap(number, expected)] == [
        number for number in range(3, (ids[-1] if ids else 9) + 1) if number not in ids
    ]


def test_what_is_written_is_sealed_once() -> None:
    last = write(3)[-1]
    made = seal_audit()
    assert [(seal.last_id, seal.event_count) for seal in made] == [(last.pk, 3)]
    assert seal_audit() == []
    found = verify_audit()
    assert found.problems == ()
    assert found.unsealed == 0
    assert found.head == f"{made[0].number}:{made[0].digest}"


def test_a_long_trail_is_sealed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "EVENTS_A_BLOCK", 2)
    events = write(5)
    made = seal_audit()
    assert [(seal.last_id, seal.event_count) for seal in made] == [
        (events[1].pk, 2),
        (events[3].pk, 2),
        (events[4].pk, 1),
    ]
    assert verify_audit().problems == ()


def test_events_written_since_are_counted() -> None:
    write(2)
    assert verify_audit().unsealed == 2


def test_an_event_committed_late_is_taken_into_the_next_block() -> None:
    last = write(1)[0].pk
    write(1, first_id=last + 3)
    seal_audit()
    late = write(2, first_id=last + 1)
    assert verify_audit().problems == ()
    [seal] = seal_audit()
    assert (seal.first_id, seal.last_id, seal.event_count) == (last + 4, last + 3, 2)
    assert seal.late_ids == [event.pk for event in late]
    assert seal_audit() == []
    assert verify_audit().problems == ()
    write(1, first_id=last + 4)
    assert [seal.first_id for seal in seal_audit()] == [last + 4]
    assert verify_audit().problems == ()


def test_an_event_put_into_an_old_gap_is_found() -> None:
    last = write(1)[0].pk
    write(1, first_id=last + 2)
    seal_audit()
    with tampering():
        AuditSeal.objects.update(sealed_at=timezone.now() - timedelta(days=2))
        write(1, first_id=last + 1)
    assert verify_audit().problems == (
        f"Event {last + 1} was inserted after the events around it were sealed.",
    )


def test_a_changed_event_is_found() -> None:
    event = write(3)[1]
    [seal] = seal_audit()
    with tampering():
        AuditEvent.objects.filter(pk=event.pk).update(after={"status": "ready"})
    [problem] = verify_audit().problems
    assert problem.startswith(f"Block {seal.number}: events {seal.first_id} to {seal.last_id} ")
    assert problem.endswith(": an event was changed after it was sealed.")


def test_a_removed_event_is_found() -> None:
    event = write(3)[1]
    seal_audit()
    with tampering():
        AuditEvent.objects.filter(pk=event.pk).delete()
    [problem] = verify_audit().problems
    assert problem.endswith(": 3 events were sealed, 2 are there now.")


def test_two_events_that_changed_places_are_found() -> None:
    one, other = write(2)
    seal_audit()
    with tampering():
        AuditEvent.objects.filter(pk=one.pk).update(at=other.at)
        AuditEvent.objects.filter(pk=other.pk).update(at=one.at)
    [problem] = verify_audit().problems
    assert problem.endswith(": an event was changed after it was sealed.")


def test_a_removed_block_is_found() -> None:
    write(1)
    [seal] = seal_audit()
    write(1)
    seal_audit()
    with tampering():
        AuditSeal.objects.filter(pk=seal.pk).delete()
    problems = verify_audit().problems
    assert problems[0] == (
        f"Between block {seal.number - 1} and block {seal.number + 1} a block is missing."
    )


def test_a_chain_made_anew_is_found_by_a_head_kept_elsewhere() -> None:
    write(2)
    seal_audit()
    head = verify_audit().head
    write(1)
    seal_audit()
    assert verify_audit(expected_head=head).problems == ()
    with tampering():
        AuditEvent.objects.update(note="")
        AuditSeal.objects.all().delete()
    seal_audit()
    assert verify_audit().problems == ()
    assert verify_audit(expected_head=head).problems == (
        f"There is no block {head}: this is not the chain that was noted.",
    )


def test_two_that_seal_at_once_make_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    write(1)
    digest_of = seals.digest_of

    def seal_first(*arguments: object) -> str:
        monkeypatch.setattr(seals, "digest_of", digest_of)
        assert len(seal_audit()) == 1
        return digest_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seals, "digest_of", seal_first)
    assert seal_audit() == []
    assert verify_audit().problems == ()


def test_the_commands_seal_and_verify() -> None:
    write(2)
    output = StringIO()
    call_command("seal_audit", json=True, stdout=output)
    call_command("verify_audit", json=True, stdout=output)
    sealed, verified = map(json.loads, output.getvalue().splitlines())
    assert verified["problems"] == []
    assert verified["head"].startswith(f"{sealed['sealed'][0]}:")
    with tampering():
        AuditEvent.objects.update(note="x")
    with pytest.raises(SystemExit) as exit_:
        call_command("verify_audit", stdout=output)
    assert exit_.value.code == 1
    with pytest.raises(SystemExit):
        call_command("verify_audit", head="1:beef", stdout=output)
