"""The documents that may need batching, each with what Unbatched shows of it (ADR 15).

Kept by triggers of the database (accounting/open_documents.py); no other code writes here. What
the rows say is fixed by the revision and the item that they point at. Their keys have neither
index nor constraint, for they are read as a whole.
"""

from typing import Any, ClassVar

from django.db import models

from accounting.models.batches import Batch
from accounting.models.items import BatchItem
from invoices.models import Customer, Department, Invoice, InvoiceRevision, Job
from payments.models import Payment, PaymentRevision


def _pointer(to: type[models.Model]) -> "models.ForeignKey[Any, Any]":
    """A key that may be null joins from the left, and PostgreSQL leaves out what is not asked."""
    return models.ForeignKey(
        to,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )


class OpenInvoice(models.Model):
    """An invoice that the books do not have in its current form: finalized and not held."""

    invoice = models.OneToOneField(
        Invoice,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    number = models.CharField(max_length=64)
    customer = _pointer(Customer)
    revision = _pointer(InvoiceRevision)
    sequence = models.PositiveIntegerField()
    date = models.DateField()
    department = _pointer(Department)
    amount_cents = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    """When its current revision was frozen."""
    previous = _pointer(BatchItem)
    """What the books have of it."""
    sent_date = models.DateField(null=True)

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.number


class OpenPayment(models.Model):
    """An active payment that may have to be sent: more of them than Unbatched shows.

    Whether an invoice of it is held, what refunds leave of it, and whether it has to be re-pointed
    at all, is asked when it is read.
    """

    payment = models.OneToOneField(
        Payment,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    number = models.CharField(max_length=64)
    customer = _pointer(Customer)
    revision = _pointer(PaymentRevision)
    sequence = models.PositiveIntegerField()
    job = _pointer(Job)
    first_invoice = _pointer(Invoice)
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    """Before refunds."""
    fingerprint = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    """When its current revision was frozen."""
    previous = _pointer(BatchItem)
    """What the books have of it."""
    sent_batch = _pointer(Batch)
    sent_fingerprint = models.CharField(max_length=64, null=True)
    sent_date = models.DateField(null=True)

    class Meta:
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.number
