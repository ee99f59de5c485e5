"""The Celery tasks: an id in, one service call."""

from celery import shared_task

from integrations.services import deliveries, notices, sweeping, upload_runs


@shared_task(name="integrations.tasks.deliver", soft_time_limit=45, time_limit=60)
def deliver(delivery_id: int) -> None:
    """Try to deliver an event to a webhook, unless somebody else does."""
    deliveries.deliver(delivery_id=delivery_id)


@shared_task(name="integrations.tasks.send_notice", soft_time_limit=45, time_limit=60)
def send_notice(notice_id: int) -> None:
    """Send an e-mail about an event, unless somebody else does."""
    notices.send_notice(notice_id=notice_id)


@shared_task(name="integrations.tasks.run_upload")
def run_upload(upload_id: int) -> None:
    """Check or apply an uploaded file, unless somebody else does."""
    upload_runs.run_upload(upload_id=upload_id)


@shared_task(name="integrations.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Bring back what got lost and throw away what is left over; the beat calls it every minute."""
    sweeping.sweep()
