"""Killed with kill −9 at each step of draft, claim, build, undo and feed (reliability.md F1, F11).

Each time the application recovers by itself to the same state as without a crash.
"""

import io
from pathlib import Path

import pytest

from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchFile, Draft
from accounting.sweep import sweep
from accounting.tests.factories import draft_of, make_batch
from accounting.tests.readings import unbatched
from accounting.zips import storage
from accounting.zips.build import build_batch
from accounting.zips.write import write_zip
from faults.books import (
    batched_documents,
    breaches,
    make_every_kind_with_zips,
    unbatched_documents,
)
from faults.crashing import Death, Victims, victims
from feed.importer import import_lines
from feed.tests import feeding
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import everything

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ORIGIN = """
from sera_batching.models import User
from sera_batching.origin import Origin

def origin():
    return Origin(user=User.objects.get(username={username!r}))
"""


def origin_code(origin: Origin) -> str:
    return ORIGIN.format(username=origin.user.get_username())


def changes_nothing_before_commit(victims: Victims, argument: object) -> list[Death]:
    """Kill at each step of an act of one transaction, until it is committed; return the deaths."""
    before = everything()
    deaths = []
    for death in victims.killed_at_each_step(lambda _: argument):
        deaths.append(death)
        if death.is_after_commit:
            break
        assert everything() == before, death
    assert deaths[-1].is_after_commit
    return deaths


def places(deaths: list[Death]) -> set[str]:
    """Return the functions in which it was killed."""
    return {death.step.rsplit(" in ", 1)[1] for death in deaths}


def test_a_draft_is_there_whole_or_not_at_all(origin: Origin) -> None:
    make_every_kind_with_zips(origin)
    code = origin_code(origin) + (
        """
from accounting.unbatched.selection import NamedDocuments
from accounting.batches.drafts import make_draft
from accounting.unbatched.filters import Filters

def act(_):
    make_draft(origin=origin(), choice=NamedDocuments(), filters=Filters())
"""
    )
    wanted = unbatched_documents()
    with victims(code) as dying:
        deaths = changes_nothing_before_commit(dying, None)
    assert {"drafts.make_draft", "drafts._draft_rows"} <= places(deaths)
    draft = Draft.objects.get()
    assert sorted(draft.items.values_list("kind", "number")) == wanted
    assert breaches() == []


def test_a_claim_is_there_whole_or_not_at_all(origin: Origin) -> None:
    make_every_kind_with_zips(origin)
    held = len(batched_documents())
    draft = draft_of(origin=origin)
    wanted = sorted(draft.items.values_list("kind", "number"))
    code = origin_code(origin) + (
        """
from accounting.batches.confirm import confirm_draft

def act(draft_id):
    confirm_draft(draft_id=draft_id, name="March", origin=origin())
"""
    )
    with victims(code) as dying:
        deaths = changes_nothing_before_commit(dying, str(draft.pk))
    assert {
        "claim.claim",
        "claim._write_items",
        "claim._use_refunds",
        "claim._verify",
        "payment_rows.write_payment_rows",
        "confirm._confirm",
    } <= places(deaths)
    batch = Batch.objects.get(draft_id=draft.pk)
    assert (batch.status, unbatched()) == ("queued", [])
    assert sorted(batch.items.values_list("kind", "number")) == wanted
    # An update takes the place of what the books had, all others come on top.
    updates = sum(kind.endswith("_update") for kind, _ in wanted)
    assert len(batched_documents()) == held + len(wanted) - updates
    assert breaches() == []
    assert build_batch(batch_id=batch.pk) is True
    assert breaches() == []


def test_a_build_that_dies_at_any_step_is_finished_by_another(
    origin: Origin, var_dir: Path
) -> None:
    make_every_kind_with_zips(origin)
    code = """
from accounting.zips.build import build_batch

def act(batch_id):
    assert build_batch(batch_id=batch_id)
"""
    batch = make_batch(is_built=False, origin=origin)
    undisturbed = write_zip(batch, io.BytesIO())

    def next_batch(number: int) -> int:
        nonlocal batch
        if number > 1:
            undo_batch(batch_id=batch.pk, reason="x", origin=origin)
            batch = make_batch(is_built=False, origin=origin)
        return batch.pk

    deaths = []
    with victims(code) as dying:
        for death in dying.killed_at_each_step(next_batch):
            deaths.append(death)
            batch.refresh_from_db()
            assert (batch.status == "ready") == (BatchFile.objects.filter(batch=batch).count() == 7)
            if batch.status != "ready":
                assert sweep().not_queued == () or batch.status == "queued"
                assert build_batch(batch_id=batch.pk) is True, death
                batch.refresh_from_db()
            assert (batch.status, batch.content_sha256) == ("ready", undisturbed.content_sha256)
            assert storage.path_of(batch.storage_key).stat().st_size == batch.size
            assert (
                AuditEvent.objects.filter(action="batch.ready", target_id=str(batch.pk)).count()
                == 1
            ), death
            assert unbatched() == []
            if len(deaths) % 10 == 0:
                assert breaches() == [], death
    assert breaches() == []
    assert {"build.take_lease", "build.report", "storage.keep", "build.finish"} <= places(deaths)
    steps = {death.step.split(" in ")[0] for death in deaths}
    assert {"fsync", "os.rename", "os.remove", "COMMIT", "committed"} <= steps
    whole = {path.name for path in (var_dir / "batches").glob("*.zip")}
    recorded = set(Batch.objects.values_list("storage_key", flat=True))
    # The undone ones keep theirs; what the dead left unfinished has another name.
    assert whole == recorded


def test_an_undo_is_done_whole_or_not_at_all(origin: Origin) -> None:
    make_every_kind_with_zips(origin)
    first = Batch.objects.get()
    second = make_batch(origin=origin)
    code = origin_code(origin) + (
        """
from accounting.batches.undo import undo_batch

def act(batch_id):
    undo_batch(batch_id=batch_id, reason="x", origin=origin(), with_dependents=True)
"""
    )
    with victims(code) as dying:
        deaths = changes_nothing_before_commit(dying, first.pk)
    assert {"undo._undo", "undo._set_free"} <= places(deaths)
    assert list(Batch.objects.order_by("pk").values_list("pk", "status")) == [
        (first.pk, "undone"),
        (second.pk, "undone"),
    ]
    assert batched_documents() == []
    assert breaches() == []


def test_a_feed_that_dies_is_fed_again_with_the_same_end(origin: Origin) -> None:
    parties = feeding.as_lines(feeding.department(), feeding.customer(), feeding.job())
    import_lines(io.BytesIO(parties), source="parties", origin=origin)

    def lines(number: int) -> bytes:
        invoices = [feeding.invoice(f"{number}-{n}") for n in range(4)]
        payments = [
            feeding.payment(
                f"P{number}-{n}", allocations=[{"invoice": f"{number}-{n}", "amount": "50.00"}]
            )
            for n in range(2)
        ]
        return feeding.as_lines(*invoices, *payments)

    code = origin_code(origin) + (
        """
import io
from feed import importer
from feed.importer import import_lines

importer.LINES_A_TRANSACTION = 2

def act(lines):
    import_lines(io.BytesIO(lines.encode()), source="march", origin=origin())
"""
    )
    expected: list[tuple[str, int]] = []
    created = set()
    count = 0
    with victims(code) as dying:
        for death in dying.killed_at_each_step(lambda number: lines(number).decode()):
            count += 1
            report = import_lines(io.BytesIO(lines(count)), source="march", origin=origin)
            assert (report.created + report.unchanged, report.changed, report.refused) == (
                6,
                0,
                0,
            ), death
            created.add(report.created)
            kept = sorted(
                (number.replace(str(count), "", 1), cents)
                for _, number, cents in unbatched()
                if number.removeprefix("P").startswith(f"{count}-")
            )
            expected = expected or kept
            assert kept == expected, death
    # It died in the first, in the second and in the third transaction, and after the last.
    assert created == {6, 4, 2, 0}
    assert breaches() == []
    assert len(expected) == 6
