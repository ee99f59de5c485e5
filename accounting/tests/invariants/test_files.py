"""Broken batches and files are found: exactly the invariants of what was broken fail."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from accounting.invariants import find_breaches
from accounting.models import Batch, BatchFile
from accounting.tests.invariants.books import Books, breached, item, tamper
from accounting.zips import storage

pytestmark = pytest.mark.django_db


def path_of(batch: Batch) -> Path:
    return storage.path_of(batch.storage_key)


def test_a_zip_that_is_gone(books: Books) -> None:
    path_of(books.second).unlink()
    (breach,) = find_breaches()
    assert breach.invariant == "zips_are_what_was_built"
    assert breach.message == (
        f"The zip of batch {books.second.pk} is missing from storage. Rebuild it: all of its "
        "items are still there."
    )
    assert breach.rows == (
        {"table": "accounting_batch", "id": books.second.pk, "path": str(path_of(books.second))},
    )


def test_an_altered_zip_of_an_undone_batch(books: Books) -> None:
    path = path_of(books.undone)
    path.write_bytes(path.read_bytes()[:-1])
    (breach,) = find_breaches()
    assert breach.message.startswith(f"The zip of batch {books.undone.pk} fails its checksum")


def rewrite(batch: Batch, change: dict[str, bytes]) -> None:
    """Write another zip and record its checksum, as a forger would."""
    target = io.BytesIO()
    with zipfile.ZipFile(path_of(batch)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in {*source.namelist(), *change}:
            archive.writestr(name, change.get(name) or source.read(name))
    path_of(batch).write_bytes(target.getvalue())
    sha256 = hashlib.sha256(target.getvalue()).hexdigest()
    Batch.objects.filter(pk=batch.pk).update(sha256=sha256)


def test_a_zip_with_a_file_too_many(books: Books) -> None:
    rewrite(books.third, {"8 More.xlsx": b"!"})
    (breach,) = find_breaches()
    assert breach.invariant == "zips_are_what_was_built"
    assert breach.rows == (
        {
            "table": "accounting_batch",
            "id": books.third.pk,
            "only_in_zip": ["8 More.xlsx"],
            "only_on_record": [],
        },
    )


def test_a_zip_with_another_workbook(books: Books) -> None:
    with zipfile.ZipFile(path_of(books.second)) as source:
        other = source.read("1 Invoice Inserts.xlsx")
    rewrite(books.third, {"1 Invoice Inserts.xlsx": other})
    (breach,) = find_breaches()
    recorded = BatchFile.objects.get(batch=books.third, number=1)
    assert breach.message == (
        f"“1 Invoice Inserts.xlsx” in the zip of batch {books.third.pk} is not what is on record."
    )
    assert [row["row_count"] for row in breach.rows] == [recorded.row_count, 2] == [0, 2]


def test_something_that_is_no_zip(books: Books) -> None:
    path_of(books.third).write_bytes(b"!")
    sha256 = hashlib.sha256(b"!").hexdigest()
    Batch.objects.filter(pk=books.third.pk).update(sha256=sha256)
    (breach,) = find_breaches()
    assert (breach.invariant, breach.message) == (
        "zips_are_what_was_built",
        "File is not a zip file",
    )


def test_a_ready_batch_that_lost_its_zip(books: Books) -> None:
    Batch.objects.filter(pk=books.second.pk).update(storage_key="")
    (breach,) = find_breaches()
    assert breach.invariant == "ready_batches_have_a_zip"
    assert (
        breach.message
        == f"Batch {books.second.pk} (Batch.zip) is ready without a zip of seven files."
    )


def test_a_file_that_is_not_on_record(books: Books) -> None:
    BatchFile.objects.filter(batch=books.second, number=6).delete()
    assert breached() == {
        "ready_batches_have_a_zip",
        "zips_are_what_was_built",
        "files_hold_what_was_claimed",
    }


@pytest.mark.parametrize(
    ("column", "red"),
    [
        ("total_cents", {"files_hold_what_was_claimed"}),
        ("document_count", {"files_hold_what_was_claimed"}),
        ("row_count", {"files_hold_what_was_claimed", "zips_are_what_was_built"}),
        ("size", {"zips_are_what_was_built"}),
    ],
)
def test_a_number_of_a_file(books: Books, column: str, red: set[str]) -> None:
    BatchFile.objects.filter(batch=books.second, number=1).update(**{column: 77})
    assert breached() == red


def test_the_checksum_of_a_file(books: Books) -> None:
    BatchFile.objects.filter(batch=books.second, number=1).update(sha256="0" * 64)
    assert breached() == {"zips_are_what_was_built"}


@pytest.mark.parametrize("column", ["document_count", "total_cents"])
def test_a_batch_that_miscounts(books: Books, column: str) -> None:
    Batch.objects.filter(pk=books.second.pk).update(**{column: 77})
    assert breached() == {"batches_count_their_items"}


def test_a_batch_without_items(books: Books) -> None:
    empty = Batch.objects.get(pk=books.third.pk)
    empty.pk, empty.draft_id, empty.status = None, None, "failed"
    empty.storage_key, empty.document_count, empty.total_cents = "", 0, 0
    empty.save(force_insert=True)
    assert breached() == {"batches_count_their_items"}


def test_a_gap_in_a_file(books: Books) -> None:
    tamper("UPDATE accounting_batchitem SET position = 9 WHERE id = %s", item("2", books.second).pk)
    (breach,) = find_breaches()
    assert breach.invariant == "items_have_their_places"
    assert breach.message == (
        f"The invoice_insert items of batch {books.second.pk} have no clear order."
    )


def test_two_in_one_place(books: Books) -> None:
    tamper("UPDATE accounting_batchitem SET position = 1 WHERE id = %s", item("5", books.second).pk)
    assert breached() == {"items_have_their_places"}
