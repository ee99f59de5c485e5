"""`make_batch`: draft and confirm in one step, as the page does (operations.md, Commands)."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from accounting.models import Batch, BatchItem, Draft
from accounting.tests.factories import make_batch
from accounting.tests.management.running import run
from accounting.tests.readings import items_of
from accounting.tests.readings import unbatched as unbatched_now
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_line,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

EMPTY = {"documents": 0, "rows": 0, "total": "0.00"}


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def files(**changed: tuple[int, int, str]) -> dict[str, Any]:
    """The files of a batch, all empty except those given as one of their words=(documents, …)."""
    titles = {
        "invoices": "1 Invoice Inserts",
        "invoice_updates": "2 Invoice Updates",
        "payments": "3 Payment Inserts",
        "payment_updates": "4 Payment Updates",
        "journals": "5 Journal Inserts",
        "credit_memos": "6 Credit Memos",
        "warnings": "7 Warnings",
    }
    found: dict[str, Any] = dict.fromkeys(titles.values(), EMPTY)
    for word, (documents, rows, total) in changed.items():
        found[titles[word]] = {"documents": documents, "rows": rows, "total": total}
    return found


def test_built_here(origin: Origin, var_dir: Path) -> None:
    two_lines = make_invoice("1", lines=(make_line(10000), make_line(6238)), origin=origin)
    make_payment("P-1", allocations=((two_lines, 10000),), amount=15000, origin=origin)
    ran = run("make_batch", "--here", "--json", "--name", "November")
    batch = Batch.objects.get()
    path = var_dir / "batches" / batch.storage_key
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "batch": batch.pk,
        "status": "ready",
        "name": "November.zip",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "path": str(path),
        "files": files(invoices=(1, 2, "162.38"), payments=(1, 2, "150.00")),
        "warnings": [],
        "left_out": [],
    }
    assert batch.created_by.username == "ops"
    assert [event.action for event in AuditEvent.objects.order_by("pk")][-2:] == [
        "batch.confirmed",
        "batch.ready",
    ]
    assert not Draft.objects.exists()


def test_neither_wait_nor_here_is_queued(origin: Origin) -> None:
    invoice = make_invoice("1", origin=origin)
    paid = make_payment("P-1", invoice=invoice, origin=origin)
    make_batch(origin=origin)
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=paid, amount=5000, origin=origin)
    make_payment("P-2", allocations=((make_invoice("2", origin=origin), 100),), origin=origin)
    ran = run("make_batch", "--json", "--exclude", "invoice_insert:2")
    found = ran.object
    assert (ran.code, found["status"], found["sha256"], found["path"]) == (0, "queued", "", "")
    assert found["name"].startswith("Batch_20")
    assert found["files"] == files(
        payments=(1, 1, "1.00"),
        journals=(1, 2, "50.00"),
        credit_memos=(1, 1, "150.00"),
        warnings=(1, 1, "0.00"),
    )
    assert found["warnings"] == [
        {
            "kind": "payment_insert",
            "number": "P-2",
            "customer": "Jane Doe 2",
            "check": "14",
            "amount": "1.00",
            "problem": "Invoice 2 is neither in this batch nor in an earlier one.",
            "remedy": "Before loading the payment, batch and load the invoice, or enter it in "
            "QuickBooks.",
        }
    ]
    assert Batch.objects.get(pk=found["batch"]).status == "queued"


def test_the_files_are_the_same_before_and_after_building(origin: Origin) -> None:
    invoice = make_invoice("1", lines=(make_line(10000), make_line(6238)), origin=origin)
    paid = make_payment("P-1", invoice=invoice, amount=16238, origin=origin)
    make_refund("R-1", payment=paid, amount=100, origin=origin)
    make_payment("P-2", origin=origin)
    dry = run("make_batch", "--json", "--dry-run").object
    queued = run("make_batch", "--json").object
    Batch.objects.filter(pk=queued["batch"]).update(status="failed", failure="Storage full.")
    run("undo_batch", queued["batch"], "--reason", "Again.", "--yes")
    built = run("make_batch", "--json", "--here").object
    assert dry["files"] == queued["files"] == built["files"]
    assert dry["files"] == files(invoices=(1, 2, "162.38"), payments=(2, 2, "311.38"))
    assert dry["warnings"] == queued["warnings"] == built["warnings"]


def test_a_dry_run_changes_nothing(origin: Origin) -> None:
    make_invoice("1", origin=origin)
    make_invoice("X" * 30, origin=origin)
    events = AuditEvent.objects.count()
    ran = run("make_batch", "--dry-run", "--json", "--name", "Try")
    assert (ran.code, ran.err) == (0, "")
    (left_out,) = ran.object.pop("left_out")
    assert (left_out["kind"], left_out["number"]) == ("invoice_insert", "X" * 30)
    assert left_out["reason"].startswith(f"The invoice number {'X' * 30} has 30 characters;")
    assert {**ran.object, "left_out": []} == {
        "batch": None,
        "status": "draft",
        "name": "Try",
        "sha256": "",
        "path": "",
        "files": files(invoices=(1, 1, "150.00")),
        "warnings": [],
        "left_out": [],
    }
    assert (Batch.objects.count(), Draft.objects.count()) == (0, 0)
    assert AuditEvent.objects.count() == events
    assert unbatched_now() == [
        ("invoice_insert", "1", 15000),
        ("invoice_insert", "X" * 30, 15000),
    ]


def test_what_people_read(origin: Origin) -> None:
    make_invoice("1", origin=origin)
    make_invoice("X" * 30, origin=origin)
    lines = run("make_batch", "--name", "One").out.splitlines()
    batch = Batch.objects.get()
    assert lines[:3] == [
        f"Batch {batch.pk}: One.zip, queued",
        "File                Documents      Rows           Total",
        "1 Invoice Inserts           1         1          150.00",
    ]
    assert lines[9].startswith(f"Left out, new invoice {'X' * 30}: The invoice number")
    assert len(lines) == 10


# What is selected


def chosen(*arguments: str) -> list[str]:
    """The numbers in the batch that these arguments make."""
    ran = run("make_batch", "--json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return [number for _, number, _ in items_of(Batch.objects.get(pk=ran.object["batch"]))]


@pytest.fixture
def mixed(origin: Origin) -> None:
    hvac = make_department("HVAC", origin=origin)
    ann = make_customer(name="Ann", origin=origin)
    bob = make_customer(name="Bob", origin=origin)
    make_invoice("1", customer=ann, department=hvac, origin=origin)
    make_invoice("2", customer=bob, origin=origin)
    make_payment("P-1", customer=ann, origin=origin)
    make_payment("P-2", customer=bob, origin=origin)


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ((), ["1", "2", "P-1", "P-2"]),
        (("--kind", "payment_insert"), ["P-1", "P-2"]),
        (("--search", "ann"), ["1", "P-1"]),
        (("--search", "P-2"), ["P-2"]),
        (("--only", "invoices"), ["1", "2"]),
        (("--only", "payments"), ["P-1", "P-2"]),
        (("--department", "HVAC"), ["1"]),
        (("--department", "none"), ["2", "P-1", "P-2"]),
        (("--from", "2026-11-03"), ["P-1", "P-2"]),
        (("--to", "2026-11-02"), ["1", "2"]),
        (("--exclude", "invoice_insert:1"), ["2", "P-1", "P-2"]),
        (("--exclude", "invoice_insert:1", "--exclude", "payment_insert:P-2"), ["2", "P-1"]),
        (("--include", "invoice_insert:1"), ["1"]),
        (("--include", "invoice_insert:1", "--include", "payment_insert:P-2"), ["1", "P-2"]),
        (
            (
                "--include",
                "invoice_insert:1",
                "--include",
                "invoice_insert:2",
                "--exclude",
                "invoice_insert:2",
            ),
            ["1"],
        ),
    ],
)
def test_what_is_chosen(mixed: None, arguments: tuple[str, ...], numbers: list[str]) -> None:
    assert chosen(*arguments) == numbers


def test_include_never_widens_the_filters(mixed: None) -> None:
    ran = run(
        "make_batch",
        "--json",
        "--department",
        "HVAC",
        "--include",
        "invoice_insert:1",
        "--include",
        "invoice_insert:2",
    )
    assert ran.object["left_out"] == [
        {
            "kind": "invoice_insert",
            "number": "2",
            "reason": "It isn't unbatched in this form, or the filters exclude it.",
        }
    ]
    assert items_of(Batch.objects.get()) == [("invoice_insert", "1", 15000)]


def test_thousands_of_included_documents(mixed: None) -> None:
    many = [f"--include=invoice_insert:{number}" for number in (1, 2) for _ in range(1500)]
    assert chosen(*many) == ["1", "2"]


def test_the_same_batch_is_not_made_twice(mixed: None) -> None:
    assert run("make_batch").code == 0
    ran = run("make_batch")
    assert (ran.code, ran.out) == (1, "")
    assert (
        ran.err == "There is nothing to batch: the books have every document in its current form."
    )
    assert Batch.objects.count() == 1


def test_nothing_that_is_asked_for_is_unbatched(mixed: None) -> None:
    ran = run("make_batch", "--include", "invoice_update:1")
    assert ran.code == 1
    assert (
        ran.err == "None of the documents that you asked for is unbatched and matches the filters."
    )
    assert (Batch.objects.count(), Draft.objects.count()) == (0, 0)


def test_no_document_matches_the_filters(mixed: None) -> None:
    ran = run("make_batch", "--search", "Zoe")
    assert ran.code == 1
    assert ran.err == "No unbatched document matches these filters. Clear or widen them."


# What is refused


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("invoice_insert:77", "“invoice_insert:77”: there is no invoice of this number."),
        ("journal:R-9", "“journal:R-9”: there is no refund of this number."),
        ("credit_memo:1", "“credit_memo:1”: there is no credit memo of this number."),
    ],
)
@pytest.mark.parametrize("option", ["--include", "--exclude"])
def test_an_unknown_number_is_a_usage_error(
    mixed: None, option: str, name: str, reason: str
) -> None:
    ran = run("make_batch", option, name)
    assert (ran.code, ran.out, ran.err) == (2, "", reason)
    assert not BatchItem.objects.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bill:1", "“bill:1” has no known kind; write KIND:NUMBER with one of invoice_insert, "),
        ("journal", "“journal” has no number; write it like journal:10023"),
    ],
)
def test_a_document_is_named_by_its_kind_and_its_number(text: str, reason: str) -> None:
    ran = run("make_batch", "--include", text)
    assert reason in ran.err


def test_a_batch_that_cannot_be_built_is_a_problem(mixed: None, var_dir: Path) -> None:
    (var_dir / "batches").write_text("A file is where the folder should be.")
    ran = run("make_batch", "--here", "--json")
    batch = Batch.objects.get()
    assert (ran.code, ran.object["status"], ran.object["path"]) == (1, "failed", "")
    assert ran.err.strip() == f"Batch {batch.pk} could not be built: {batch.failure}"
    assert batch.failure == "The file could not be stored: File exists."


def test_waiting_is_bounded(mixed: None) -> None:
    ran = run("make_batch", "--wait", "--timeout", "0", "--json")
    batch = Batch.objects.get()
    assert (ran.code, ran.object["batch"], ran.object["status"]) == (4, batch.pk, "queued")
    assert ran.err == (
        f"Batch {batch.pk} is still queued after 0 seconds. It will be built as soon as a "
        "worker is free; make sure that one is running."
    )


def test_an_accountant_may(mixed: None) -> None:
    make_user("Accountant", username="acc")
    assert run("make_batch", "--user", "acc").code == 0
    assert Batch.objects.get().created_by.username == "acc"


def test_the_office_may_not(mixed: None) -> None:
    make_user("Office", username="olga")
    ran = run("make_batch", "--user", "olga", "--here")
    assert ran.code == 1
    assert ran.err.startswith("olga isn't allowed to do this (it requires accounting.make_batch).")
    assert (Batch.objects.count(), Draft.objects.count()) == (0, 0)
