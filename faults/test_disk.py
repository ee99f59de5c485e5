"""A disk that is full in the middle of a file (reliability.md S1)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounting.models import Batch, BatchFile
from accounting.tests.factories import make_batch
from accounting.tests.readings import unbatched, zip_of
from accounting.zips.build import build_batch, retry_batch
from faults.books import breaches
from invoices.tests.factories import make_customer, make_invoice
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PAGE = 4096


@pytest.fixture
def small_disk(var_dir: Path) -> Iterator[Path]:
    """A storage on a disk of its own that has room for some files of a zip only."""
    folder = var_dir / "batches"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={6 * PAGE}", "tmpfs", str(folder)],  # noqa: S607
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"a disk cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


def resize(folder: Path, size: int) -> None:
    subprocess.run(
        ["mount", "-o", f"remount,size={size}", str(folder)],  # noqa: S607
        check=True,
    )


def test_a_disk_that_is_full_in_mid_write_fails_the_build_and_retry_works(
    origin: Origin, small_disk: Path
) -> None:
    customer = make_customer(origin=origin)
    for number in range(40):
        make_invoice(f"{number}", customer=customer, origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    assert build_batch(batch_id=batch.pk) is False
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (
        "failed",
        "Storage is full. Free up space on the disk that holds the batch files, then retry.",
    )
    assert list(small_disk.iterdir()) == []
    assert (BatchFile.objects.count(), unbatched()) == (0, [])
    assert AuditEvent.objects.get(action="batch.failed").note == batch.failure
    assert breaches() == []
    resize(small_disk, 1024 * PAGE)
    retry_batch(batch_id=batch.pk, origin=origin)
    assert build_batch(batch_id=batch.pk) is True
    batch.refresh_from_db()
    assert [path.name for path in small_disk.iterdir()] == [batch.storage_key]
    assert len(zip_of(batch)) == batch.size
    assert breaches() == []


def test_at_whatever_byte_the_disk_is_full_no_partial_file_is_left(
    origin: Origin, small_disk: Path
) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    pages = 1
    while True:
        resize(small_disk, pages * PAGE)
        if build_batch(batch_id=batch.pk):
            break
        batch.refresh_from_db()
        assert (batch.status, batch.failure.split(". ")[0]) == ("failed", "Storage is full")
        assert list(small_disk.iterdir()) == []
        retry_batch(batch_id=batch.pk, origin=origin)
        pages += 1
    assert pages > 8
    batch.refresh_from_db()
    assert (batch.status, Batch.objects.get().files.count()) == ("ready", 7)
    assert [path.name for path in small_disk.iterdir()] == [batch.storage_key]
