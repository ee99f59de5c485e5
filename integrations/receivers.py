"""Reacts to signals of accounting, in the same transaction."""

from typing import Any

from django.dispatch import receiver

from accounting import signals as accounting_signals
from accounting.models import Batch
from integrations.models import BatchEvent
from integrations.services.events import tell_of


@receiver(accounting_signals.batch_ready, dispatch_uid="integrations.batch_ready")
def tell_of_ready_batch(batch: Batch, **_: Any) -> None:
    tell_of(BatchEvent.READY, batch)


@receiver(accounting_signals.batch_failed, dispatch_uid="integrations.batch_failed")
def tell_of_failed_batch(batch: Batch, **_: Any) -> None:
    tell_of(BatchEvent.FAILED, batch)


@receiver(accounting_signals.batch_undone, dispatch_uid="integrations.batch_undone")
def tell_of_undone_batch(batch: Batch, **_: Any) -> None:
    tell_of(BatchEvent.UNDONE, batch)
