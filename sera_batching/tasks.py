"""The Celery tasks of this app."""

from celery import shared_task

from sera_batching.audit import seals


@shared_task(name="sera_batching.tasks.seal_audit", ignore_result=True)
def seal_audit() -> None:
    """Seal new events of the audit trail; the beat runs it every minute."""
    seals.seal_audit()
