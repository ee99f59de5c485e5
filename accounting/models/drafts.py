"""A draft batch: exactly what the user saw when the confirmation window opened (domain.md §4)."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounting.models.items import BatchItem
from accounting.models.kinds import Kind
from invoices.models import CreditMemo, Customer, Invoice, InvoiceRevision
from payments.models import Payment, PaymentRevision, Refund


class Draft(models.Model):
    """What would be batched; deleted after an hour without confirmation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    filters = models.JSONField(default=dict)
    suggested_name = models.CharField(max_length=104)
    as_of = models.DateTimeField(default=timezone.now)
    """When the user looked: nothing that arrived after this moment is in the draft."""
    left_out = models.JSONField(default=list)
    """What was selected but left out: kind, number, reason."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.id)

    def kinds(self) -> frozenset[str]:
        """Return the kinds among its items, so that queries about other kinds can be skipped."""
        return frozenset(self.items.order_by().values_list("kind", flat=True).distinct())


class DraftItem(models.Model):
    """One document of a draft, in the form that was seen.

    A hundred thousand may be written while a user waits; they are deleted within the hour and only
    read by their draft. So their keys have neither index nor constraint: confirming checks every
    document again.
    """

    draft = models.ForeignKey(
        Draft, on_delete=models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    number = models.CharField(max_length=64)
    date = models.DateField()
    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    department_id = models.BigIntegerField(null=True)
    amount_cents = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)
    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    invoice_revision = models.ForeignKey(
        InvoiceRevision,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    payment_revision = models.ForeignKey(
        PaymentRevision,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    refund = models.ForeignKey(
        Refund,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    credit_memo = models.ForeignKey(
        CreditMemo,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    previous = models.ForeignKey(
        BatchItem,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    is_constrained = models.BooleanField(default=False, db_default=False, db_column="is_contested")
    """A payment whose rows depend on refunds or other payments (batches/payment_rows.py)."""

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["draft", "kind", "date", "number"], name="draft_item_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
