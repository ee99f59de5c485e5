"""`list_batches`, `show_batch`, `sweep_batches` (operations.md, Commands)."""

import datetime
import os
import time
from pathlib import Path

import pytest
from django.utils import timezone

from accounting.models import Batch, Draft
from accounting.tests.factories import draft_of, make_batch, make_failed_batch, make_ready_batch
from accounting.tests.management.running import run
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def test_the_newest_batch_comes_first(origin: Origin, tmp_path: Path) -> None:
    make_invoice("1", origin=origin)
    first = make_batch(name="First", origin=origin)
    run("export_batch", first.pk, "--to", tmp_path / "out.zip")
    make_invoice("2", origin=origin)
    second = make_failed_batch(origin=origin)
    ran = run("list_batches", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert [one["batch"] for one in ran.objects] == [second.pk, first.pk]
    assert ran.objects[1] == {
        "batch": first.pk,
        "status": "ready",
        "name": "First.zip",
        "created_at": first.created_at.isoformat(timespec="seconds"),
        "created_by": origin.user.username,
        "documents": 1,
        "total": "150.00",
        "downloads": 1,
        "sha256": first.sha256,
        "size": first.size,
        "failure": "",
        "undone_at": None,
        "undo_reason": "",
    }
    assert ran.objects[0]["failure"] == "Storage full."
    header, *lines = run("list_batches").out.splitlines()
    assert header.split()[:3] == ["Batch", "Status", "Name"]
    assert [line.split()[:3] for line in lines] == [
        [str(second.pk), "failed", "Batch.zip"],
        [str(first.pk), "ready", "First.zip"],
    ]


def test_no_batch_yet() -> None:
    assert run("list_batches").out == "There are no batches yet.\n"
    assert run("list_batches", "--json").out == ""


def test_a_batch_with_its_items(origin: Origin) -> None:
    hvac = make_department("HVAC", origin=origin)
    ann = make_customer(name="Ann", origin=origin)
    invoice = make_invoice("1", customer=ann, department=hvac, origin=origin)
    make_payment("P-1", invoice=invoice, amount=5000, origin=origin)
    batch = make_batch(name="November", origin=origin)
    ran = run("show_batch", batch.pk, "--json")
    found = ran.object
    assert (ran.code, found["batch"], found["name"]) == (0, batch.pk, "November.zip")
    assert found["files"]["3 Payment Inserts"] == {"documents": 1, "rows": 1, "total": "50.00"}
    assert found["items"] == [
        {
            "kind": "invoice_insert",
            "number": "1",
            "date": "2026-11-02",
            "department": "HVAC",
            "customer": "Ann",
            "amount": "150.00",
        },
        {
            "kind": "payment_insert",
            "number": "P-1",
            "date": "2026-11-03",
            "department": "HVAC",
            "customer": "Ann",
            "amount": "50.00",
        },
    ]
    lines = run("show_batch", batch.pk).out.splitlines()
    assert lines[0] == f"Batch {batch.pk}: November.zip, ready"
    assert lines[-1].split() == ["payment_insert", "P-1", "11/03/2026", "HVAC", "Ann", "50.00"]


def test_a_batch_says_why_it_failed_or_was_undone(origin: Origin) -> None:
    make_invoice("1", origin=origin)
    failed = make_failed_batch(origin=origin)
    assert "Failed: Storage full." in run("show_batch", failed.pk).out.splitlines()
    run("undo_batch", failed.pk, "--reason", "Never mind.", "--yes")
    assert "Undone by ops: Never mind." in run("show_batch", failed.pk).out.splitlines()


def test_a_batch_that_is_not_there() -> None:
    ran = run("show_batch", 99)
    assert (ran.code, ran.out, ran.err) == (2, "", "There is no batch 99.")
    assert run("show_batch", 10**30).code == 2


def test_the_office_may_look(origin: Origin) -> None:
    make_invoice(origin=origin)
    batch = make_ready_batch(origin=origin)
    make_user("Office", username="olga")
    make_user("", username="nobody")
    for arguments in (("list_batches",), ("show_batch", batch.pk)):
        assert run(*arguments, "--user", "olga").code == 0
        ran = run(*arguments, "--user", "nobody")
        assert (ran.code, ran.out) == (1, "")


# sweep_batches


def test_what_is_swept(origin: Origin, var_dir: Path) -> None:
    make_invoice("1", origin=origin)
    lost = make_batch(is_built=False, origin=origin)
    make_invoice("2", origin=origin)
    hopeless = make_batch(is_built=False, origin=origin)
    long_ago = timezone.now() - datetime.timedelta(hours=2)
    Batch.objects.filter(pk=lost.pk).update(queued_at=long_ago)
    Batch.objects.filter(pk=hopeless.pk).update(status="building", lease_until=long_ago, tries=3)
    make_invoice("3", origin=origin)
    stale = draft_of(origin=origin)
    Draft.objects.filter(pk=stale.pk).update(created_at=long_ago)
    orphan = var_dir / "batches" / "unfinished-abc"
    orphan.parent.mkdir(exist_ok=True)
    orphan.touch()
    os.utime(orphan, (time.time() - 7 * 3600,) * 2)
    ran = run("sweep_batches", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.object == {
        "queued_again": [lost.pk],
        "not_queued": [],
        "failed": [hopeless.pk],
        "drafts_dropped": 1,
        "files_dropped": 1,
    }
    hopeless.refresh_from_db()
    assert (hopeless.status, hopeless.lease_until) == ("failed", None)
    assert hopeless.failure.startswith("The build process died 3 times")
    assert (orphan.exists(), Draft.objects.exists()) == (False, False)
    again = f"Queued again: {lost.pk}. Failed: none. Dropped: 0 drafts, 0 files.\n"
    assert run("sweep_batches").out == again
