"""The Celery tasks of the house."""

from celery import shared_task

from sera_batching.audit import seals


@shared_task(name="sera_batching.tasks.seal_audit", ignore_result=True)
def seal_audit() -> None:
    """Seal what was written to the audit trail; the beat calls it every minute."""
    seals.seal_audit()
