"""An everyday batch from the click to the downloaded zip, through the queue and a real worker."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

from django.db.models import QuerySet

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.batches.preview import preview_draft
from accounting.models import Batch, Kind
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import unbatched_invoices, unbatched_payments
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.downloads import open_zip
from benchmarks.data import operations_origin
from benchmarks.measuring import Result, seconds_of
from benchmarks.scratch import ROOT
from sera_batching.models import Company

INVOICES: Final = 300
PAYMENTS: Final = 200
RUNS: Final = 3
_WAIT_SECONDS: Final = 120.0
_LOOK_AGAIN_SECONDS: Final = 0.02


def measure_clicks() -> Iterator[Result]:
    """Batch and download small batches one after another; the fastest counts."""
    profile = Company.current().profile
    invoices = min(INVOICES, unbatched_invoices(profile).count() // (RUNS + 1))
    payments = min(PAYMENTS, unbatched_payments(profile).count() // (RUNS + 1))
    with _worker():
        # The first one waits for the worker to start.
        _batch_and_download(1, 1)
        seconds = min(
            seconds_of(lambda: _batch_and_download(invoices, payments)) for _ in range(RUNS)
        )
    yield Result(
        work="click to download: window, claim, queue, zip",
        size=invoices + payments,
        seconds=seconds,
    )


def _batch_and_download(invoices: int, payments: int) -> None:
    origin = operations_origin()
    profile = Company.current().profile
    numbers = chain(
        (
            (Kind.INVOICE_INSERT, number)
            for number in _numbers(unbatched_invoices(profile), invoices)
        ),
        (
            (Kind.PAYMENT_INSERT, number)
            for number in _numbers(unbatched_payments(profile), payments)
        ),
    )
    draft = make_draft(
        origin=origin, choice=NamedDocuments(include=tuple(numbers)), filters=Filters()
    )
    preview_draft(draft)
    batch = confirm_draft(draft_id=draft.pk, name="Everyday", origin=origin).batch
    _wait_for(batch)
    with open_zip(batch=batch, origin=origin) as file:
        file.read()


def _numbers(rows: QuerySet[Any], count: int) -> QuerySet[Any, str]:
    """Return the first that can go: a batch of blocked ones alone is refused."""
    able = rows.filter(row_is_blocked=False, previous__isnull=True)
    return able.order_by("number").values_list("number", flat=True)[:count]


def _wait_for(batch: Batch) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < until:
        batch.refresh_from_db()
        if batch.status == Batch.Status.READY:
            return
        if batch.status == Batch.Status.FAILED:
            raise RuntimeError(f"The batch failed: {batch.failure}")
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise RuntimeError(f"The batch was still {batch.status} after {_WAIT_SECONDS:.0f} s.")


@contextmanager
def _worker() -> Iterator[None]:
    """Run a worker on the scratch database, its queue and folder of this run's environment."""
    command = [sys.executable, "-m", "celery", "--app", "sera_batching", "worker"]
    options = ["--concurrency", "1", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
    worker = subprocess.Popen([*command, *options], cwd=ROOT)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait()
