from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from payments.models.payments import Payment
from sera_batching.models import Fed, PaymentMethod


class Refund(Fed):
    """Money given back from a payment; immutable once recorded."""

    number = models.CharField(max_length=64)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    method = models.CharField(max_length=10, choices=PaymentMethod.choices)
    memo = models.TextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    source = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="refund_number_is_unique",
                violation_error_message="There is a refund of that number already.",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0),
                name="refund_amount_is_positive",
                violation_error_message="A refund must be above 0.00.",
            ),
        ]

    def __str__(self) -> str:
        return self.number
