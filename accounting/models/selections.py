"""What a user has selected on Unbatched, stored on the server (screens.md)."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Selection(models.Model):
    """Per table a mode, all or none, and the documents that are the exception to it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="selection"
    )
    selects_invoices = models.BooleanField(default=True)
    selects_payments = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Selection of {self.user_id}"


class SelectionException(models.Model):
    """One document whose tick differs from the mode of its table."""

    class Document(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_MEMO = "credit_memo", "Credit memo"
        PAYMENT = "payment", "Payment"
        REFUND = "refund", "Refund"

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="exceptions")
    document = models.CharField(max_length=12, choices=Document.choices)
    document_id = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["selection", "document", "document_id"],
                name="selection_exception_is_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} {self.document_id}"
