"""Details of an item: rows of a payment, uses of refunds, warnings."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from accounting.models.items import BatchItem
from invoices.models import Invoice
from payments.models import Payment, Refund


class PaymentRow(models.Model):
    """One row of a payment in the file, after netting and capping; blank without an invoice."""

    item = models.ForeignKey(
        BatchItem, on_delete=models.PROTECT, related_name="payment_rows", db_index=False
    )
    position = models.PositiveIntegerField()
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, null=True, blank=True, related_name="payment_rows"
    )
    amount_cents = models.BigIntegerField()

    class Meta:
        ordering: ClassVar = ["item_id", "position"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "position"], name="payment_row_position_is_unique"
            ),
            models.UniqueConstraint(
                fields=["item", "invoice"], name="payment_row_names_an_invoice_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="payment_row_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} row {self.position}"


class RefundUseQuerySet(models.QuerySet["RefundUse"]):
    """Uses of refunds by what they mean to the books."""

    def in_books(self) -> Self:
        """The one use by which a refund is in the books: netted or as a journal, not undone.

        A refund without one is pending (domain.md §3). A restatement only repeats a netting.
        """
        return self.filter(is_live=True).exclude(use=RefundUse.Use.RESTATED)

    def netted(self) -> Self:
        """The uses that took a refund off its payment's insert, not undone."""
        return self.filter(is_live=True, use=RefundUse.Use.NETTED)

    def journaled(self) -> Self:
        """The uses that sent a refund as a journal entry, not undone."""
        return self.filter(is_live=True, use=RefundUse.Use.JOURNAL)


class RefundUse(models.Model):
    """How a refund reached the books: netted in its payment's insert, or as a journal.

    A refund has one live use of those two. A later update of the payment restates what its insert
    netted (domain.md §3).
    """

    class Use(models.TextChoices):
        NETTED = "netted", "Netted in the payment"
        JOURNAL = "journal", "Journal entry"
        RESTATED = "restated", "Netted before, restated by an update"

    item = models.ForeignKey(BatchItem, on_delete=models.PROTECT, related_name="refund_uses")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="uses")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refund_uses")
    use = models.CharField(max_length=10, choices=Use.choices)
    amount_cents = models.BigIntegerField()
    is_live = models.BooleanField(default=True)

    objects = RefundUseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["item_id", "refund_id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(is_live=True) & ~Q(use="restated"),
                name="refund_is_used_once",
                violation_error_message="This refund has just been batched by somebody else.",
            ),
            models.UniqueConstraint(fields=["item", "refund"], name="refund_use_of_item_is_unique"),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="refund_use_amount_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refund_id} {self.use} in {self.item_id}"


class ItemWarning(models.Model):
    """One row of file 7: what a person should know or do about an item."""

    item = models.ForeignKey(BatchItem, on_delete=models.PROTECT, related_name="warnings")
    check_code = models.CharField(max_length=10)
    """The number of the check in workbooks.md."""
    amount_cents = models.BigIntegerField(null=True)
    problem = models.TextField()
    remedy = models.TextField()

    class Meta:
        ordering: ClassVar = ["item_id", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.item_id}: {self.problem[:60]}"
