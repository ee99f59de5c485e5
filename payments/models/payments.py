"""Payments: an identity and immutable revisions, each with its allocations to invoices."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from invoices.models import Customer, Invoice, InvoiceRevision, Job
from sera_batching.models import Fed, PaymentMethod


class Payment(Fed):
    """A payment's identity and state; number (the file's `Ref No`) and customer never change."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        DISPUTED = "disputed", "Disputed"
        REMOVED = "removed", "Removed"

    number = models.CharField(max_length=64)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payments")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    is_settled = models.BooleanField(default=True, db_default=True)
    current_revision = models.ForeignKey(
        "PaymentRevision", on_delete=models.PROTECT, null=True, related_name="+"
    )
    """The newest revision; null only inside the transaction that takes the payment."""
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["number"]
        permissions: ClassVar = [
            ("take_payment", "Can take a payment"),
            ("refund_payment", "Can refund a payment"),
            ("reallocate_payment", "Can allocate a payment to other invoices"),
            ("remove_payment", "Can remove a payment"),
            ("dispute_payment", "Can mark a payment as disputed or restored"),
        ]
        indexes: ClassVar = [
            # Few payments are disputed or removed, and Unbatched checks each refund's payment
            # against them.
            models.Index(fields=["id"], condition=Q(state="removed"), name="payment_removed"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="payment_number_is_unique",
                violation_error_message="There is a payment of that number already.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "disputed", "removed"]),
                name="payment_state_is_known",
                violation_error_message="Unknown state of a payment.",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PaymentRevision(models.Model):
    """One frozen form of a payment, with the newest frozen form of each invoice that it names."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="revisions")
    sequence = models.PositiveIntegerField()
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    date = models.DateField()
    method = models.CharField(max_length=10, choices=PaymentMethod.choices)
    reference = models.CharField(max_length=255, blank=True)
    memo = models.TextField(blank=True)
    amount_cents = models.BigIntegerField()
    is_imported = models.BooleanField(default=False, db_default=False)
    """On an imported job: its file row is blank, to be applied by hand."""
    first_invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """The first invoice it is allocated to: gives a jobless payment its department."""
    fingerprint = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["payment_id", "sequence"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payment", "sequence"],
                name="payment_revision_sequence_is_unique",
                violation_error_message="Somebody else has just changed this payment.",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=0),
                name="payment_revision_amount_is_not_negative",
                violation_error_message="A payment's amount is not negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} revision {self.sequence}"


class Allocation(models.Model):
    """The part of a payment that is meant for one invoice.

    `invoice_revision` is the invoice's newest frozen revision at that moment; null while the
    invoice was never finalized, is void or cancelled, or the payment is on an imported job: then
    the part has no row of its own in the files (domain.md §3).
    """

    revision = models.ForeignKey(
        PaymentRevision, on_delete=models.PROTECT, related_name="allocations"
    )
    position = models.PositiveIntegerField()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    invoice_revision = models.ForeignKey(
        InvoiceRevision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["revision_id", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "position"], name="allocation_position_is_unique"
            ),
            models.UniqueConstraint(
                fields=["revision", "invoice"],
                name="allocation_names_an_invoice_once",
                violation_error_message="A payment is allocated to an invoice once.",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0),
                name="allocation_amount_is_positive",
                violation_error_message="An allocation must be above 0.00.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} → {self.invoice_id}"
