"""The confirmation window, claiming, building, undoing: by sets, beside one document at a time."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from django.db import transaction

from accounting.batches.claim import snapshot_parties
from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.batches.preview import preview_draft
from accounting.batches.settings import settings_of
from accounting.batches.undo import undo_batch
from accounting.batches.undo_plan import plan_undo
from accounting.models import Batch, BatchItem, BatchParty, Draft, DraftItem
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import unbatched_invoices, unbatched_payments
from accounting.unbatched.selection import NamedDocuments
from benchmarks.data import operations_origin
from benchmarks.measuring import Result, seconds_of, timed
from benchmarks.zips import NAIVE, OURS, measure_apart
from invoices.models import Customer
from sera_batching.models import Company
from sera_batching.origin import Origin

SAMPLE: Final = 300
"""The sample size for ways with one statement per document; the rest is extrapolated."""
_COPIED: Final = tuple(
    field.attname
    for field in DraftItem._meta.concrete_fields
    if field.name not in ("id", "draft", "is_constrained")
)


def measure_batching(*, is_naive_zip_written: bool = True) -> Iterator[Result]:
    """Draft, look, claim, write and undo all that is unbatched; yield as it goes."""
    origin = operations_origin()
    draft, seconds, statements = timed(
        lambda: make_draft(origin=origin, choice=NamedDocuments(), filters=Filters())
    )
    _, look_seconds, look_statements = timed(lambda: preview_draft(draft))
    count = draft.items.count()
    yield Result(
        work="confirm window: draft and preview",
        size=count,
        seconds=seconds + look_seconds,
        statements=statements + look_statements,
        naive="one look a document",
        naive_seconds=seconds_of(lambda: _look_at_each(draft)) * count / min(SAMPLE, count),
        naive_sample=min(SAMPLE, count),
    )
    naive = (
        _claim_naively(draft, origin, count),
        ("bulk_create of the items alone", _bulk_seconds(draft, origin), None),
    )
    confirmation, seconds, statements = timed(
        lambda: confirm_draft(draft_id=draft.pk, name="Bench", origin=origin, is_built_here=True)
    )
    for way, naive_seconds, sample in naive:
        yield Result(
            work="claim: look again, lay out, write",
            size=count,
            seconds=seconds,
            statements=statements,
            naive=way,
            naive_seconds=naive_seconds,
            naive_sample=sample,
        )
    batch = confirmation.batch
    yield _measure_zip(batch, count, is_naive_zip_written)
    # A batch that is ready can be undone; its zip was written apart.
    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.READY, sha256="0" * 64)
    batch.refresh_from_db()
    yield _measure_undo(batch, origin, count)


def _look_at_each(draft: Draft) -> None:
    """Ask for each document whether it is unbatched, as a loop over ticked rows would."""
    profile = Company.current().profile
    invoices, payments = unbatched_invoices(profile), unbatched_payments(profile)
    for item in _sample_of(draft):
        if item.invoice_id:
            invoices.filter(pk=item.invoice_id).first()
        elif item.payment_id:
            payments.filter(pk=item.payment_id).first()


def _sample_of(draft: Draft) -> list[DraftItem]:
    return list(draft.items.order_by("pk")[:SAMPLE])


def _claim_naively(draft: Draft, origin: Origin, count: int) -> tuple[str, float, int]:
    """Save each item of a sample by itself, and take all back."""
    with transaction.atomic():
        batch, parties = _batch_for(draft, origin)
        items = list(islice(_items(draft, batch, parties), SAMPLE))
        seconds = seconds_of(lambda: _save_each(items))
        transaction.set_rollback(True)
    return "one save an item", seconds * count / len(items), len(items)


def _save_each(rows: list[BatchItem]) -> None:
    for row in rows:
        row.save()


def _bulk_seconds(draft: Draft, origin: Origin) -> float:
    """Write all items with bulk_create, and take them back."""
    with transaction.atomic():
        batch, parties = _batch_for(draft, origin)
        seconds = seconds_of(
            lambda: BatchItem.objects.bulk_create(_items(draft, batch, parties), batch_size=500)
        )
        transaction.set_rollback(True)
    return seconds


def _batch_for(draft: Draft, origin: Origin) -> tuple[Batch, dict[int, int]]:
    batch = Batch.objects.create(
        name="Naive",
        created_by=origin.user,
        company_settings=settings_of(Company.current()).to_json(),
    )
    snapshot_parties(batch, Customer.objects.filter(pk__in=draft.items.values("customer_id")))
    parties = BatchParty.objects.filter(batch=batch).values_list("customer_id", "pk")
    superseded = draft.items.filter(previous__isnull=False).values("previous_id")
    BatchItem.objects.filter(pk__in=superseded).update(is_newest=False)
    return batch, dict(parties)


def _items(draft: Draft, batch: Batch, parties: dict[int, int]) -> Iterator[BatchItem]:
    for position, row in enumerate(draft.items.order_by("kind", "date", "number"), 1):
        values = {name: getattr(row, name) for name in _COPIED}
        party_id = parties[row.customer_id]
        yield BatchItem(batch=batch, position=position, party_id=party_id, **values)


def _measure_zip(batch: Batch, count: int, is_naive_zip_written: bool) -> Result:
    seconds, peak = measure_apart(OURS, batch.pk)
    naive_seconds, naive_peak = (
        measure_apart(NAIVE, batch.pk) if is_naive_zip_written else (None, None)
    )
    return Result(
        work="items to zip",
        size=count,
        seconds=seconds,
        peak_mb=peak,
        naive=NAIVE if is_naive_zip_written else "not run: it takes 9 GB",
        naive_seconds=naive_seconds,
        naive_peak_mb=naive_peak,
    )


def _measure_undo(batch: Batch, origin: Origin, count: int) -> Result:
    items = list(BatchItem.objects.filter(batch=batch).order_by("pk")[:SAMPLE])
    with transaction.atomic():
        naive_seconds = seconds_of(lambda: _free_each(items)) * count / len(items)
        transaction.set_rollback(True)
    plan_seconds = seconds_of(lambda: plan_undo(batch))
    _, seconds, statements = timed(
        lambda: undo_batch(batch_id=batch.pk, reason="Measured.", origin=origin)
    )
    return Result(
        work="undo: its window, then the undo",
        size=count,
        seconds=plan_seconds + seconds,
        statements=statements,
        naive="one save an item",
        naive_seconds=naive_seconds,
        naive_sample=len(items),
    )


def _free_each(items: list[BatchItem]) -> None:
    for item in items:
        item.is_live = item.is_newest = False
        item.save()
