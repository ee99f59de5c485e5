"""Invoices: an identity, immutable revisions of its content, and one draft while it is edited."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from invoices.models.parties import Customer, Department, Job
from sera_batching.models import Fed


class InvoiceContent(models.Model):
    """What an invoice says (domain.md §2); amounts in cents."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    date = models.DateField()
    due_date = models.DateField()
    terms = models.CharField(max_length=100, blank=True)
    memo = models.TextField(blank=True)
    message = models.TextField(blank=True)
    tax_name = models.CharField(max_length=100, blank=True)
    tax_rate = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    """Per cent."""
    tax_cents = models.BigIntegerField(default=0, db_default=0)
    subtotal_cents = models.BigIntegerField(default=0, db_default=0)
    total_cents = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True


class LineContent(models.Model):
    """One line of an invoice; a discount or promo code is a line with a negative amount."""

    position = models.PositiveIntegerField()
    item = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    rate = models.DecimalField(max_digits=18, decimal_places=6)
    amount_cents = models.BigIntegerField()
    is_taxable = models.BooleanField(default=False, db_default=False)
    class_name = models.CharField(max_length=255, blank=True)
    service_date = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class Invoice(Fed):
    """An invoice's identity and state; number and customer never change."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        FINALIZED = "finalized", "Finalized"
        VOID = "void", "Void"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=64)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    is_on_hold = models.BooleanField("Do Not Batch", default=False, db_default=False)
    hold_note = models.TextField(blank=True)
    current_revision = models.ForeignKey(
        "InvoiceRevision", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """The newest frozen revision; stays while the invoice is unlocked for editing."""
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["number"]
        permissions: ClassVar = [
            ("approve_invoice", "Can approve an invoice"),
            ("edit_invoice", "Can edit an invoice"),
            ("void_invoice", "Can void an invoice"),
            ("cancel_invoice", "Can cancel an invoice"),
            ("hold_invoice", "Can hold an invoice back from batching"),
        ]
        indexes: ClassVar = [
            # Few invoices are on hold, and Unbatched checks each payment's invoices against them.
            models.Index(fields=["id"], condition=Q(is_on_hold=True), name="invoice_on_hold"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="invoice_number_is_unique",
                violation_error_message="There is an invoice of that number already.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "finalized", "void", "cancelled"]),
                name="invoice_status_is_known",
                violation_error_message="Unknown status of an invoice.",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["finalized", "void"]) | Q(current_revision__isnull=False),
                name="invoice_finalized_has_revision",
                violation_error_message="A finalized invoice has a frozen revision.",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_unlocked(self) -> bool:
        """Finalized before and now open for editing: not on Unbatched until it is approved
        again."""
        return self.status == self.Status.PENDING and self.current_revision_id is not None


class InvoiceRevision(InvoiceContent):
    """One frozen form of an invoice; never changed, never deleted."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="revisions")
    sequence = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["invoice_id", "sequence"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "sequence"],
                name="invoice_revision_sequence_is_unique",
                violation_error_message="Somebody else has just approved this invoice.",
            ),
            models.CheckConstraint(
                condition=Q(total_cents=F("subtotal_cents") + F("tax_cents")),
                name="invoice_revision_total_adds_up",
                violation_error_message="The total is the lines plus the tax.",
            ),
            models.CheckConstraint(
                condition=Q(total_cents__gte=0),
                name="invoice_revision_total_is_not_negative",
                violation_error_message="An invoice's total is not negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} revision {self.sequence}"


class InvoiceLine(LineContent):
    """One line of a frozen revision."""

    revision = models.ForeignKey(InvoiceRevision, on_delete=models.PROTECT, related_name="lines")

    class Meta:
        ordering: ClassVar = ["revision_id", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["revision", "position"], name="invoice_line_position_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.revision_id} line {self.position}"


class InvoiceDraft(InvoiceContent):
    """The content of a pending or unlocked invoice until it is approved."""

    invoice = models.OneToOneField(Invoice, on_delete=models.CASCADE, related_name="draft")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Draft of {self.invoice_id}"


class InvoiceDraftLine(LineContent):
    """One line of a draft."""

    draft = models.ForeignKey(InvoiceDraft, on_delete=models.CASCADE, related_name="lines")

    class Meta:
        ordering: ClassVar = ["draft_id", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draft", "position"], name="invoice_draft_line_position_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} line {self.position}"
