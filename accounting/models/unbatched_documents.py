"""The documents that may need batching, each with what Unbatched shows of it (ADR 15).

Triggers of the database maintain them (triggers/unbatched_documents.py); no other code writes here.
What the rows say is fixed by the revision and the item that they point at. Their keys have neither
index nor constraint, because they are read as a whole. The tables still have the names from when
the models were called OpenInvoice and OpenPayment.
"""

from typing import ClassVar

from django.db import models

from accounting.models.batches import Batch
from accounting.models.columns import document_key, pointer
from accounting.models.items import BatchItem
from invoices.models import Customer, Department, Invoice, InvoiceRevision, Job
from payments.models import Payment, PaymentRevision


class UnbatchedInvoice(models.Model):
    """An invoice that the books do not have in its current form: finalized and not held."""

    invoice = document_key(Invoice)
    number = models.CharField(max_length=64)
    customer = pointer(Customer, null=True)
    revision = pointer(InvoiceRevision, null=True)
    sequence = models.PositiveIntegerField()
    date = models.DateField()
    department = pointer(Department, null=True)
    amount_cents = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    """When its current revision was frozen."""
    previous = pointer(BatchItem, null=True)
    """What the books have of it."""
    sent_date = models.DateField(null=True)

    class Meta:
        db_table = "accounting_openinvoice"
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.number


class CandidatePayment(models.Model):
    """An active payment that may have to be sent: more of them than Unbatched shows.

    Whether one of its invoices is held, what refunds leave of it, and whether it needs an update at
    all is decided when it is read.
    """

    payment = document_key(Payment)
    number = models.CharField(max_length=64)
    customer = pointer(Customer, null=True)
    revision = pointer(PaymentRevision, null=True)
    sequence = models.PositiveIntegerField()
    job = pointer(Job, null=True)
    first_invoice = pointer(Invoice, null=True)
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    """Before refunds."""
    fingerprint = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    """When its current revision was frozen."""
    previous = pointer(BatchItem, null=True)
    """What the books have of it."""
    sent_batch = pointer(Batch, null=True)
    sent_fingerprint = models.CharField(max_length=64, null=True)
    sent_date = models.DateField(null=True)

    class Meta:
        db_table = "accounting_openpayment"
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.number
