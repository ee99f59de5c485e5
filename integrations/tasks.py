"""The Celery tasks: each takes an id and calls one service."""

from celery import shared_task

from integrations.services import deliveries, notices, sweeping, upload_runs


@shared_task(name="integrations.tasks.deliver", soft_time_limit=45, time_limit=60)
def deliver(delivery_id: int) -> None:
    """Attempt to deliver an event to a webhook, unless another worker does."""
    deliveries.deliver(delivery_id=delivery_id)


@shared_task(name="integrations.tasks.send_notice", soft_time_limit=45, time_limit=60)
def send_notice(notice_id: int) -> None:
    """Send an e-mail about an event, unless another worker does."""
    notices.send_notice(notice_id=notice_id)


@shared_task(name="integrations.tasks.run_upload")
def run_upload(upload_id: int) -> None:
    """Check or apply an uploaded file, unless another worker does."""
    upload_runs.run_upload(upload_id=upload_id)


@shared_task(name="integrations.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Requeue lost work and delete leftovers; beat runs it every minute."""
    sweeping.sweep()
