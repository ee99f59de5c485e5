"""Telling the workers that something is to be sent, checked or applied.

As with batches (`accounting.zips.queue`), the message is only a hint: the row is the truth, and the
sweeper sends again what got lost. A broker that is down fails no click.
"""

import logging
from typing import Final

from kombu.exceptions import OperationalError

from sera_batching.celery import app

logger = logging.getLogger(__name__)

DELIVER_TASK: Final = "integrations.tasks.deliver"
SEND_NOTICE_TASK: Final = "integrations.tasks.send_notice"
RUN_UPLOAD_TASK: Final = "integrations.tasks.run_upload"


def enqueue(task: str, row_id: int) -> bool:
    """Send the message that a row wants work; tell whether it was sent."""
    try:
        app.send_task(task, args=[row_id], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s %s waits, the message queue is down: %s", task, row_id, error)
        return False
    return True
