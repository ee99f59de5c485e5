"""Queues the build of a batch for the workers.

The message is only a hint: the batch row is the truth, and the sweeper requeues what was lost. So a
broker that is down or never answers must not fail or delay a click.
"""

import logging

from kombu.exceptions import OperationalError

from sera_batching.celery import app

logger = logging.getLogger(__name__)

BUILD_TASK = "accounting.tasks.build_batch"


def enqueue_build(batch_id: int) -> bool:
    """Send the message that a batch is to be built; return whether it was sent."""
    try:
        app.send_task(BUILD_TASK, args=[batch_id], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("Batch %s stays queued, the message queue is down: %s", batch_id, error)
        return False
    return True
