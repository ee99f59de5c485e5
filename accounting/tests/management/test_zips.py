"""`export_batch` and `rebuild_batch`: the stored zip, verified first (operations.md, Commands)."""

from pathlib import Path

import pytest

from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchDownload
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.tests.management.running import run
from accounting.tests.readings import zip_of
from accounting.zips import storage
from invoices.tests.factories import make_invoice, make_origin, make_user
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    origin = make_origin()
    make_invoice("1", origin=origin)
    return make_batch(origin=origin)


# export_batch


def test_a_copy_of_the_zip(batch: Batch, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    ran = run("export_batch", batch.pk, "--to", target, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "batch": batch.pk,
        "path": str(target),
        "size": batch.size,
        "sha256": batch.sha256,
    }
    assert target.read_bytes() == zip_of(batch)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.zip"]
    assert BatchDownload.objects.get().user.username == "ops"
    assert AuditEvent.objects.latest("pk").action == "batch.downloaded"


def test_an_existing_file_is_not_overwritten(batch: Batch, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    target.write_text("mine")
    ran = run("export_batch", batch.pk, "--to", target)
    assert (ran.code, ran.err) == (2, f"“{target}” already exists and is not overwritten.")
    assert target.read_text() == "mine"
    assert not BatchDownload.objects.exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [(".", "“{}” is a folder; name a file in it."), ("no/out.zip", "There is no folder “{}”.")],
)
def test_no_place_for_a_file(batch: Batch, tmp_path: Path, place: str, reason: str) -> None:
    target = tmp_path / place
    named = target if place == "." else target.parent
    ran = run("export_batch", batch.pk, "--to", target)
    assert (ran.code, ran.out, ran.err) == (2, "", reason.format(named))


def test_standard_output_is_no_place(batch: Batch) -> None:
    ran = run("export_batch", batch.pk, "--to", "-")
    assert (ran.code, ran.err) == (2, "The zip can't go to standard output; name a file.")
    assert not BatchDownload.objects.exists()


def test_the_zip_of_an_undone_batch_comes_with_a_word(batch: Batch, tmp_path: Path) -> None:
    undo_batch(batch_id=batch.pk, reason="Wrong week.", origin=make_origin())
    target = tmp_path / "out.zip"
    ran = run("export_batch", batch.pk, "--to", target, "--json")
    assert (ran.code, ran.object["sha256"]) == (0, batch.sha256)
    assert ran.err.strip() == (
        f"Batch {batch.pk} was undone: its documents are unbatched again, so loading this zip "
        "may enter them in the books twice."
    )
    assert target.read_bytes() == zip_of(batch)


def test_an_altered_zip_is_not_handed_out(batch: Batch, tmp_path: Path) -> None:
    path = storage.path_of(batch.storage_key)
    path.write_bytes(path.read_bytes() + b"!")
    ran = run("export_batch", batch.pk, "--to", tmp_path / "out.zip")
    assert ran.code == 1
    assert ran.err == (
        f"The zip of batch {batch.pk} fails its checksum: it was altered after it was built. "
        "Rebuild it: all of its items are still there."
    )
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    assert not BatchDownload.objects.exists()


def test_a_batch_without_a_zip(tmp_path: Path) -> None:
    make_invoice()
    batch = make_failed_batch()
    ran = run("export_batch", batch.pk, "--to", tmp_path / "out.zip")
    assert (ran.code, ran.err) == (1, f"Batch {batch.pk} has no zip: it is failed.")


def test_the_office_gets_no_zip(batch: Batch, tmp_path: Path) -> None:
    make_user("Office", username="olga")
    ran = run("export_batch", batch.pk, "--to", tmp_path / "out.zip", "--user", "olga")
    assert ran.code == 1
    assert ran.err.startswith(
        "olga isn't allowed to do this (it requires accounting.download_batch)."
    )
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


# rebuild_batch


def test_the_same_bytes_again(batch: Batch) -> None:
    ran = run("rebuild_batch", batch.pk, "--verify", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "batch": batch.pk,
        "recorded_sha256": batch.sha256,
        "built_sha256": batch.sha256,
        "same_bytes": True,
        "same_content": True,
        "stored_as_recorded": True,
    }
    out = run("rebuild_batch", batch.pk, "--verify").out
    assert out == f"Batch {batch.pk}: rebuilt, it is identical byte for byte.\n"


def test_other_content_is_a_problem(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(sha256="0" * 64, content_sha256="0" * 64)
    ran = run("rebuild_batch", batch.pk, "--verify")
    assert ran.code == 1
    assert ran.out == (
        f"Batch {batch.pk}: rebuilt, its content differs from what was recorded; the stored "
        "zip is missing or altered.\n"
    )


def test_verifying_tells_of_a_missing_zip_and_restores_nothing(batch: Batch) -> None:
    storage.delete(batch.storage_key)
    ran = run("rebuild_batch", batch.pk, "--verify", "--json")
    assert (ran.code, ran.object["same_bytes"]) == (1, True)
    assert ran.object["stored_as_recorded"] is False
    assert not storage.path_of(batch.storage_key).exists()


def test_rebuilding_restores_the_recorded_zip(batch: Batch) -> None:
    before = zip_of(batch)
    storage.delete(batch.storage_key)
    ran = run("rebuild_batch", batch.pk, "--json")
    assert (ran.code, ran.object["stored_as_recorded"]) == (0, True)
    batch.refresh_from_db()
    assert zip_of(batch) == before
    assert AuditEvent.objects.latest("pk").action == "batch.rebuilt"


def test_nothing_to_compare_with() -> None:
    make_invoice()
    batch = make_failed_batch()
    ran = run("rebuild_batch", batch.pk, "--verify")
    assert (ran.code, ran.err) == (1, f"Batch {batch.pk} has no zip: it is failed.")
