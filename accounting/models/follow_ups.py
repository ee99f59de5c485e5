from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from accounting.models.batches import Batch
from invoices.models import Customer, Invoice
from payments.models import Payment


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Follow-ups by status."""

    def open(self) -> Self:
        """Entries that are neither closed nor superseded by an undo."""
        return self.filter(status=FollowUp.Status.OPEN)

    def for_list(self) -> Self:
        """Entries with all that the page shows of them."""
        return self.select_related("batch", "invoice", "payment", "customer", "closed_by")

    def counts(self) -> dict[str, int]:
        """Return how many entries there are by status."""
        found = dict(self.order_by().values_list("status").annotate(count=Count("pk")))
        return {status.value: found.get(status, 0) for status in FollowUp.Status}


class FollowUp(models.Model):
    """Something to fix in QuickBooks by hand, because no file can carry it (domain.md §3)."""

    class Cause(models.TextChoices):
        INVOICE_VOIDED = "invoice_voided", "Invoice voided"
        INVOICE_CANCELLED = "invoice_cancelled", "Invoice cancelled"
        PAYMENT_REMOVED = "payment_removed", "Payment removed"
        PAYMENT_DISPUTED = "payment_disputed", "Payment disputed"
        PAYMENT_RESTORED = "payment_restored", "Payment restored"
        PAYMENT_EMPTIED = "payment_emptied", "Nothing left of a payment"
        KEY_CHANGED = "key_changed", "Accounting key changed"
        CUSTOMER_MERGED = "customer_merged", "Customers merged"
        BATCH_UNDONE = "batch_undone", "Downloaded batch undone"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        SUPERSEDED = "superseded", "No longer needed"

    cause = models.CharField(max_length=20, choices=Cause.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    """The live batch that inserted the document: undoing it supersedes this. Or the batch that was
    undone after its zip had left this application."""
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups"
    )
    amount_cents = models.BigIntegerField(null=True, blank=True)
    problem = models.TextField()
    remedy = models.TextField()
    raised_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    note = models.TextField(blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ()
        permissions: ClassVar = [("work_follow_ups", "Can work on what to fix in QuickBooks")]
        indexes: ClassVar = [models.Index(fields=["status", "-id"], name="follow_up_by_status")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False)
                | Q(payment__isnull=False)
                | Q(customer__isnull=False)
                | Q(cause="batch_undone", batch__isnull=False),
                name="follow_up_is_about_something",
                violation_error_message="A follow-up is about a document, customer or batch.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()}: {self.problem[:60]}"
