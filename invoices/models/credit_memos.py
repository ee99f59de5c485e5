from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone

from invoices.models.invoices import Invoice
from sera_batching.models import Fed


class CreditMemo(Fed):
    """A legacy credit memo: restates its invoice's revision that was last sent (domain.md §2)."""

    number = models.CharField(max_length=64)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_memos")
    date = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="credit_memo_number_is_unique",
                violation_error_message="There is a credit memo of that number already.",
            ),
        ]

    def __str__(self) -> str:
        return self.number
