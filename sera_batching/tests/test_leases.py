"""One process at a time works on a row: taking its lease, losing it, giving up (ADR 10).

Shown on uploads, whose lease names no process, and on batches, whose lease does.
"""

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from accounting.models import Batch
from accounting.tests.factories import make_batch
from integrations.models import Upload
from invoices.tests.factories import make_invoice, make_origin
from sera_batching.leases import (
    Lease,
    LeaseLost,
    Terms,
    give_up_if_exhausted,
    lease_has_run_out,
    take_lease,
)
from sera_batching.tests.at_once import at_once
from sera_batching.tests.refusals import unchanging

LASTS = timedelta(seconds=60)


def give_up(upload: Upload) -> None:
    upload.failure = "Given up."
    upload.lease_until = None
    upload.save()


TERMS = Terms(lasts=lambda _: LASTS, most_tries=2, give_up=give_up)


@pytest.fixture
def upload(db: None) -> Upload:
    user = make_origin().user
    return Upload.objects.create(name="march.jsonl", format="jsonl", size=1, uploaded_by=user)


def row(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def take(upload: Upload) -> Lease[Upload] | None:
    return take_lease(Upload.objects.filter(pk=upload.pk), TERMS, lines_done=7)


def taken(upload: Upload) -> Lease[Upload]:
    lease = take(upload)
    assert lease is not None
    return lease


def let_time_pass(upload: Upload, time: timedelta = LASTS) -> None:
    """Move the end of the lease closer, as passing time does."""
    until = row(upload).lease_until
    assert until is not None
    Upload.objects.filter(pk=upload.pk).update(lease_until=until - time)


# Taking it


def test_a_free_lease_is_taken_with_the_next_number(upload: Upload) -> None:
    before = timezone.now()
    lease = taken(upload)
    now = row(upload)
    assert (lease.attempt, now.attempt, now.tries, now.lines_done) == (1, 1, 1, 7)
    assert now.lease_until is not None
    assert before + LASTS <= now.lease_until <= timezone.now() + LASTS
    assert (lease.row.pk, lease.row.lines_done) == (upload.pk, 7)


def test_a_lease_that_is_held_is_not_taken(upload: Upload) -> None:
    taken(upload)
    let_time_pass(upload, LASTS - timedelta(seconds=10))
    with unchanging():
        assert take(upload) is None
    assert not Upload.objects.filter(lease_has_run_out()).exists()


def test_no_row_no_lease(upload: Upload) -> None:
    with unchanging():
        assert take_lease(Upload.objects.filter(status="applied"), TERMS) is None


@pytest.mark.django_db(transaction=True)
def test_one_of_many_who_ask_at_once_gets_it(upload: Upload) -> None:
    leases = at_once([lambda: take(upload)] * 5)
    assert [lease.attempt for lease in leases if lease] == [1]
    assert (row(upload).attempt, row(upload).tries) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_one_of_many_takes_over_when_it_has_run_out(upload: Upload) -> None:
    taken(upload)
    let_time_pass(upload)
    leases = at_once([lambda: take(upload)] * 5)
    assert [lease.attempt for lease in leases if lease] == [2]


# Holding it


def test_whoever_renews_keeps_it(upload: Upload) -> None:
    lease = taken(upload)
    let_time_pass(upload, LASTS - timedelta(seconds=10))
    lease.renew(lines_done=50)
    let_time_pass(upload, LASTS - timedelta(seconds=10))
    assert take(upload) is None
    assert row(upload).lines_done == 50


def test_it_is_renewed_when_a_sixth_of_its_time_is_gone(upload: Upload) -> None:
    lease = taken(upload)
    lease.renewed_at -= 5
    with unchanging():
        lease.renew_if_due(lines_done=50)
    lease.renewed_at -= 6
    lease.renew_if_due(lines_done=60)
    assert row(upload).lines_done == 60
    with unchanging():
        lease.renew_if_due(lines_done=70)


def test_one_that_has_run_out_is_still_held_until_another_takes_it(upload: Upload) -> None:
    lease = taken(upload)
    let_time_pass(upload, LASTS * 2)
    lease.renew(lines_done=50)
    assert take(upload) is None


def test_whoever_was_overtaken_can_neither_renew_nor_end(upload: Upload) -> None:
    sleeper = taken(upload)
    let_time_pass(upload)
    other = taken(upload)
    with unchanging():
        with pytest.raises(LeaseLost):
            sleeper.renew(lines_done=50)
        with pytest.raises(LeaseLost):
            sleeper.end(status="checked", check_report={})
    other.renew(lines_done=60)
    assert row(upload).lines_done == 60


# Ending it


def test_once_ended_it_is_free_and_its_holder_writes_no_more(upload: Upload) -> None:
    lease = taken(upload)
    lease.end(failure="x")
    assert (row(upload).failure, row(upload).lease_until) == ("x", None)
    with unchanging():
        with pytest.raises(LeaseLost):
            lease.end(failure="y")
        with pytest.raises(LeaseLost):
            lease.renew(lines_done=50)
    assert taken(upload).attempt == 2


def test_after_the_last_try_it_is_given_up(upload: Upload) -> None:
    for attempt in (1, 2):
        assert taken(upload).attempt == attempt
        let_time_pass(upload)
    assert take(upload) is None
    assert (row(upload).failure, row(upload).attempt, row(upload).tries) == ("Given up.", 2, 2)


def test_a_sweeper_gives_up_only_what_is_free_and_has_died_too_often(upload: Upload) -> None:
    rows = Upload.objects.filter(pk=upload.pk)
    for _ in range(2):
        assert give_up_if_exhausted(rows, TERMS) is False
        taken(upload)
        assert give_up_if_exhausted(rows, TERMS) is False
        let_time_pass(upload)
    assert give_up_if_exhausted(rows, TERMS) is True
    assert row(upload).failure == "Given up."
    assert give_up_if_exhausted(rows.filter(status="applied"), TERMS) is False


# Naming its holder


@pytest.mark.django_db
def test_a_lease_that_names_its_holder_names_this_process() -> None:
    origin = make_origin()
    make_invoice("7", origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    terms = Terms[Batch](lasts=lambda _: LASTS, most_tries=2, give_up=lambda _: None)
    lease = take_lease(Batch.objects.filter(pk=batch.pk), terms, status="building")
    assert lease is not None
    assert lease.row.lease_holder == f"{socket.gethostname()}:{os.getpid()}"
    batch.refresh_from_db()
    assert (batch.lease_holder, batch.has_free_lease()) == (lease.row.lease_holder, False)
    batch.lease_holder = f"{socket.gethostname()}:{2**22 + 1}"
    assert batch.has_free_lease()
