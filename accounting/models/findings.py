from typing import ClassVar

from django.db import models
from django.db.models import Q

from invoices.models import CreditMemo, Customer, InvoiceRevision
from payments.models import PaymentRevision, Refund
from sera_batching.models import Company

_TARGETS = ("invoice_revision", "payment_revision", "refund", "credit_memo", "customer")


def _exactly_one_target() -> Q:
    condition = Q()
    for target in _TARGETS:
        condition |= Q(
            **{f"{target}__isnull": False},
            **{f"{other}__isnull": True for other in _TARGETS if other != target},
        )
    return condition


class Finding(models.Model):
    """What a check of one document alone found, kept when the document was frozen (workbooks.md).

    Both profiles are checked, so that changing the profile does not mean checking everything again.
    Only documents with a problem have rows.
    """

    class Severity(models.TextChoices):
        BLOCK = "block", "Blocks"
        WARN = "warn", "Warns"

    profile = models.CharField(max_length=10, choices=Company.Profile.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    check_code = models.CharField(max_length=10)
    problem = models.TextField()
    remedy = models.TextField()
    is_restated = models.BooleanField(default=False)
    """Found on an invoice, it also keeps out a credit memo that restates it."""
    invoice_revision = models.ForeignKey(
        InvoiceRevision, on_delete=models.CASCADE, null=True, related_name="findings"
    )
    payment_revision = models.ForeignKey(
        PaymentRevision, on_delete=models.CASCADE, null=True, related_name="findings"
    )
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, null=True, related_name="findings")
    credit_memo = models.ForeignKey(
        CreditMemo, on_delete=models.CASCADE, null=True, related_name="findings"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, related_name="findings"
    )

    class Meta:
        ordering: ClassVar = ["id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_exactly_one_target(), name="finding_is_about_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_code} {self.severity}: {self.problem[:60]}"


class LastCheck(models.Model):
    """The version of the checks that made all findings; one row, updated by `migrate`."""

    version = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="last_check_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"Checks of version {self.version}"
