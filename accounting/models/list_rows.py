"""What the lists of invoices and payments narrow, sort and add up: one narrow row each (ADR 24).

Triggers of the database maintain them (triggers/list_rows.py); no other code writes here. A page
reads such rows whole, so they have few indexes; what it shows it takes from the documents. Tables
and indexes still have the names from when the models were called ListedInvoice and ListedPayment.
"""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from accounting.models.columns import document_key, pointer
from invoices.models import Customer, Department, Invoice
from payments.models import Payment
from sera_batching.models import PaymentMethod

NEVER_UNBATCHED_INVOICE: Final = ~Q(status="finalized") | Q(is_on_hold=True) | Q(amount_cents=0)
"""Never an UnbatchedInvoice, in the books or not; but for a batched one edited down to zero."""
NEVER_CANDIDATE_PAYMENT: Final = ~Q(state="active") | Q(amount_cents=0)


class InvoiceListRow(models.Model):
    """An invoice in its newest frozen form, one never approved as its draft; amounts in cents."""

    invoice = document_key(Invoice)
    folded_number = models.CharField(max_length=64)
    """In small letters, as it is searched and sorted."""
    customer = pointer(Customer, null=False)
    """Whom it is about today: the survivor of a merge."""
    department = pointer(Department, null=True)
    status = models.CharField(max_length=10, choices=Invoice.Status.choices)
    is_on_hold = models.BooleanField()
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    open_cents = models.BigIntegerField()
    """Not paid yet; negative when overpaid, nothing when void or cancelled (domain.md §7)."""

    class Meta:
        db_table = "accounting_listedinvoice"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["customer", "-invoice"], name="listed_invoice_customer"),
            # Few rows match: the rest is in the books, or unbatched and never sent.
            models.Index(
                fields=["invoice"],
                condition=NEVER_UNBATCHED_INVOICE,
                name="listed_invoice_never_open",
            ),
        ]

    def __str__(self) -> str:
        return self.folded_number


class PaymentListRow(models.Model):
    """A payment in its newest form; amounts in cents."""

    payment = document_key(Payment)
    folded_number = models.CharField(max_length=64)
    """In small letters, as it is searched and sorted."""
    folded_reference = models.CharField(max_length=255)
    customer = pointer(Customer, null=False)
    """Whom it is about today: the survivor of a merge."""
    department = pointer(Department, null=True)
    """Of its job, else of the first invoice that it is allocated to."""
    state = models.CharField(max_length=10, choices=Payment.State.choices)
    method = models.CharField(max_length=10, choices=PaymentMethod.choices)
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    open_cents = models.BigIntegerField()
    """Neither allocated nor refunded, never negative; nothing when removed."""

    class Meta:
        db_table = "accounting_listedpayment"
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["customer", "-payment"], name="listed_payment_customer"),
            models.Index(
                fields=["payment"],
                condition=NEVER_CANDIDATE_PAYMENT,
                name="listed_payment_never_open",
            ),
        ]

    def __str__(self) -> str:
        return self.folded_number
