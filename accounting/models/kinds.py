from typing import Final

from django.db import models


class Kind(models.TextChoices):
    """What batching a row does in the books; each kind has its file (domain.md §3, §6)."""

    INVOICE_INSERT = "invoice_insert", "New invoice"
    INVOICE_UPDATE = "invoice_update", "Changed invoice"
    CREDIT_MEMO = "credit_memo", "Credit memo"
    PAYMENT_INSERT = "payment_insert", "New payment"
    PAYMENT_UPDATE = "payment_update", "Changed payment"
    JOURNAL = "journal", "Refund journal"


INVOICE_KINDS: Final = (Kind.INVOICE_INSERT, Kind.INVOICE_UPDATE)
PAYMENT_KINDS: Final = (Kind.PAYMENT_INSERT, Kind.PAYMENT_UPDATE)
INVOICES_TAB_KINDS: Final = (*INVOICE_KINDS, Kind.CREDIT_MEMO)
PAYMENTS_TAB_KINDS: Final = (*PAYMENT_KINDS, Kind.JOURNAL)
