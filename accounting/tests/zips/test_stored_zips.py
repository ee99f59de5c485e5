"""Zips are verified when they are downloaded, and can be rebuilt (domain.md §8)."""

import hashlib

import pytest

from accounting.models import Batch, BatchDownload, BatchFile
from accounting.tests.factories import make_batch
from accounting.tests.readings import zip_of
from accounting.zips import storage
from accounting.zips.downloads import (
    FileDamaged,
    mark_loaded,
    open_checked,
    open_zip,
    rebuild_zip,
)
from invoices.tests.factories import (
    make_invoice,
    make_origin,
)
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def batch(origin: Origin) -> Batch:
    make_invoice("7", origin=origin)
    return make_batch(origin=origin)


def damage(batch: Batch) -> None:
    content = bytearray(zip_of(batch))
    content[len(content) // 2] ^= 1
    with storage.temporary_file() as (path, file):
        file.write(content)
        storage.keep(path, file, batch.storage_key)


def test_each_download_is_checked_counted_and_audited(batch: Batch) -> None:
    accountant = make_origin("Accountant")
    for _ in range(2):
        with open_zip(batch=batch, origin=accountant) as file:
            assert hashlib.sha256(file.read()).hexdigest() == batch.sha256
    assert (
        list(BatchDownload.objects.values_list("batch", "user"))
        == [(batch.pk, accountant.user.pk)] * 2
    )
    events = AuditEvent.objects.filter(action="batch.downloaded")
    assert [(event.actor, event.target_id, event.after) for event in events] == [
        (accountant.user, str(batch.pk), {"sha256": batch.sha256})
    ] * 2


def test_office_gets_no_zip(batch: Batch) -> None:
    office = make_origin("Office")
    message = (
        f"{office.user} isn't allowed to do this (it requires accounting.download_batch). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        open_zip(batch=batch, origin=office)


def test_there_is_no_zip_before_it_is_built(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    queued = make_batch(is_built=False, origin=origin)
    message = f"Batch {queued.pk} has no zip: it is queued."
    with refused(message):
        open_zip(batch=queued, origin=origin)
    with refused(message):
        rebuild_zip(batch=queued, origin=origin)


def test_an_altered_zip_is_not_handed_out_and_is_rebuilt(batch: Batch, origin: Origin) -> None:
    whole = zip_of(batch)
    damage(batch)
    message = (
        f"The zip of batch {batch.pk} fails its checksum: it was altered after it was built. "
        "Rebuild it: all of its items are still there."
    )
    with refused(message, error=FileDamaged):
        open_zip(batch=batch, origin=origin)
    comparison = rebuild_zip(batch=batch, origin=make_origin("Accountant"))
    assert comparison.has_same_bytes is True
    assert zip_of(batch) == whole
    with open_checked(batch) as file:
        assert file.read() == whole
    event = AuditEvent.objects.get(action="batch.rebuilt")
    assert (event.before, event.after) == ({"sha256": batch.sha256}, {"sha256": batch.sha256})


def test_a_missing_zip_is_not_handed_out_and_is_rebuilt(batch: Batch, origin: Origin) -> None:
    whole = zip_of(batch)
    storage.delete(batch.storage_key)
    message = (
        f"The zip of batch {batch.pk} is missing from storage. Rebuild it: all of its items "
        "are still there."
    )
    with refused(message, error=FileDamaged):
        open_zip(batch=batch, origin=origin)
    rebuild_zip(batch=batch, origin=origin)
    assert zip_of(batch) == whole


def test_a_batch_that_builds_to_something_else_is_not_replaced(
    batch: Batch, origin: Origin
) -> None:
    Batch.objects.filter(pk=batch.pk).update(content_sha256="0" * 64)
    batch.refresh_from_db()
    damage(batch)
    with refused(
        f"Rebuilding batch {batch.pk} gave different content than was recorded. Nothing was "
        "replaced. Run check_books.",
        error=FileDamaged,
    ):
        rebuild_zip(batch=batch, origin=origin)
    with pytest.raises(FileDamaged):
        open_checked(batch)


def test_office_rebuilds_nothing(batch: Batch) -> None:
    office = make_origin("Office")
    message = (
        f"{office.user} isn't allowed to do this (it requires accounting.retry_batch). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        rebuild_zip(batch=batch, origin=office)


# Marking files as loaded


def test_a_file_is_ticked_as_loaded_once_and_the_tick_taken_away(batch: Batch) -> None:
    accountant = make_origin("Accountant")
    file = BatchFile.objects.get(batch=batch, number=1)
    file = mark_loaded(file=file, is_loaded=True, origin=accountant)
    assert file.loaded_by == accountant.user
    assert file.loaded_at is not None
    with unchanging():
        mark_loaded(file=file, is_loaded=True, origin=accountant)
    file = mark_loaded(file=file, is_loaded=False, origin=accountant)
    assert (file.loaded_at, file.loaded_by) == (None, None)
    events = AuditEvent.objects.filter(action__startswith="batch.file").order_by("pk")
    assert [(event.action, event.after) for event in events] == [
        ("batch.file_loaded", {"file": "1 Invoice Inserts.xlsx"}),
        ("batch.file_not_loaded", {"file": "1 Invoice Inserts.xlsx"}),
    ]


def test_office_ticks_nothing(batch: Batch) -> None:
    office = make_origin("Office")
    message = (
        f"{office.user} isn't allowed to do this (it requires accounting.mark_loaded). Ask "
        "your company's admin."
    )
    file = BatchFile.objects.get(batch=batch, number=1)
    with refused(message, error=NotAllowed):
        mark_loaded(file=file, is_loaded=True, origin=office)
