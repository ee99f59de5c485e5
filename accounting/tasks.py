"""The Celery tasks: each takes an id and calls one service."""

from celery import shared_task

from accounting import sweep
from accounting.zips import build


@shared_task(name="accounting.tasks.build_batch")
def build_batch(batch_id: int) -> None:
    """Build the zip of a batch, unless another worker is building it."""
    build.build_batch(batch_id=batch_id)


@shared_task(name="accounting.tasks.sweep_batches", ignore_result=True)
def sweep_batches() -> None:
    """Recover lost builds and delete leftovers; beat runs it every minute."""
    sweep.sweep()
