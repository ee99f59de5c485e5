"""Tells the workers that something has to be sent, checked or applied.

As with batches (`accounting.zips.queue`), the message is only a hint: the row decides, and the
sweeper repeats lost messages. No click fails if the broker is down.
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
    """Send the message that a row needs work; return whether it was sent."""
    try:
        app.send_task(task, args=[row_id], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("%s %s waits, the message queue is down: %s", task, row_id, error)
        return False
    return True
