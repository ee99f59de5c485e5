"""The Celery tasks: an id in, one service call."""

from celery import shared_task

from accounting import sweep
from accounting.zips import build


@shared_task(name="accounting.tasks.build_batch")
def build_batch(batch_id: int) -> None:
    """Build the zip of a batch, unless somebody else does."""
    build.build_batch(batch_id=batch_id)


@shared_task(name="accounting.tasks.sweep_batches", ignore_result=True)
def sweep_batches() -> None:
    """Bring back lost builds and throw away leftovers; the beat calls it every minute."""
    sweep.sweep()
