"""The contents of a batch: one item per document, with a snapshot of what could change later."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from accounting.models.batches import Batch, BatchParty
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS, Kind
from invoices.models import CreditMemo, Customer, Department, Invoice, InvoiceRevision
from payments.models import Payment, PaymentRevision, Refund


def _only(document: str) -> Q:
    others = {"invoice", "payment", "refund", "credit_memo"} - {document}
    return Q(**{f"{document}__isnull": False}, **{f"{other}__isnull": True for other in others})


class BatchItemQuerySet(models.QuerySet["BatchItem"]):
    """Items by what they mean to the books."""

    def live(self) -> Self:
        """Items of live batches: all that was sent and not undone (domain.md §2)."""
        return self.filter(is_live=True)

    def newest(self) -> Self:
        """The last live item of each invoice and payment, and each live journal and credit memo."""
        return self.filter(is_newest=True)


def live_items(path: str) -> Q:
    """`BatchItem.objects.live()` at the end of a path of joins."""
    return Q(**{f"{path}__is_live": True})


def newest_items(path: str) -> Q:
    """`BatchItem.objects.newest()` at the end of a path of joins."""
    return Q(**{f"{path}__is_newest": True})


class BatchItem(models.Model):
    """One document in one batch, in the form that was sent.

    `is_live` follows the batch; `is_newest` marks the newest live item of an invoice or payment.
    The live items of a document form a chain through `previous`, which three partial unique
    constraints keep: one first link, one successor a link, one newest. So no race can put a
    document into the books twice, and undo only sets the two flags.
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    position = models.PositiveIntegerField()
    """Place in its file: by date, then number."""
    party = models.ForeignKey(
        BatchParty, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    department_name = models.CharField(max_length=100, blank=True)
    class_name = models.CharField(max_length=255, blank=True)
    """The department's default class, for a journal, which has no lines of its own."""
    number = models.CharField(max_length=64)
    date = models.DateField()
    amount_cents = models.BigIntegerField()
    """The document's total; for a payment what is left after netting; for a journal the refund."""
    fingerprint = models.CharField(max_length=64, blank=True)

    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    invoice_revision = models.ForeignKey(
        InvoiceRevision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    """Also the revision that a credit memo restates."""
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    payment_revision = models.ForeignKey(
        PaymentRevision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    refund = models.ForeignKey(
        Refund,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    credit_memo = models.ForeignKey(
        CreditMemo,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="batch_items",
        db_index=False,
    )
    previous = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        db_index=False,
    )
    """What was last sent of this document, for an update."""
    is_live = models.BooleanField(default=True)
    is_newest = models.BooleanField(default=True)

    objects = BatchItemQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["batch_id", "kind", "position"]
        default_permissions = ()
        indexes: ClassVar = [
            models.Index(fields=["batch", "kind", "position"], name="item_in_file_order"),
            # Only for what an item has: every index entry slows down claims and undos.
            models.Index(
                fields=["invoice"], condition=Q(invoice__isnull=False), name="item_of_invoice"
            ),
            models.Index(
                fields=["payment"], condition=Q(payment__isnull=False), name="item_of_payment"
            ),
            models.Index(
                fields=["refund"], condition=Q(refund__isnull=False), name="item_of_refund"
            ),
            models.Index(
                fields=["credit_memo"],
                condition=Q(credit_memo__isnull=False),
                name="item_of_credit_memo",
            ),
            models.Index(
                fields=["previous"], condition=Q(previous__isnull=False), name="item_of_previous"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    (Q(kind__in=INVOICE_KINDS) & _only("invoice"))
                    | (Q(kind__in=PAYMENT_KINDS) & _only("payment"))
                    | (Q(kind=Kind.JOURNAL) & _only("refund"))
                    | (Q(kind=Kind.CREDIT_MEMO) & _only("credit_memo"))
                ),
                name="item_is_of_one_document",
                violation_error_message="An item is of exactly one document, of its kind.",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        kind__in=[*INVOICE_KINDS, Kind.CREDIT_MEMO],
                        invoice_revision__isnull=False,
                        payment_revision__isnull=True,
                    )
                    | Q(
                        kind__in=PAYMENT_KINDS,
                        invoice_revision__isnull=True,
                        payment_revision__isnull=False,
                    )
                    | Q(
                        kind=Kind.JOURNAL,
                        invoice_revision__isnull=True,
                        payment_revision__isnull=False,
                    )
                ),
                name="item_has_its_revision",
                violation_error_message="An item points at the revision that it sends.",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind__in=[Kind.INVOICE_UPDATE, Kind.PAYMENT_UPDATE], previous__isnull=False)
                    | (
                        ~Q(kind__in=[Kind.INVOICE_UPDATE, Kind.PAYMENT_UPDATE])
                        & Q(previous__isnull=True)
                    )
                ),
                name="item_update_has_previous",
                violation_error_message="An update, and nothing else, follows what was sent.",
            ),
            models.CheckConstraint(
                condition=Q(is_newest=False) | Q(is_live=True),
                name="item_newest_is_live",
                violation_error_message="The newest item of a document is live.",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(is_newest=True, invoice__isnull=False),
                name="item_newest_of_invoice",
                violation_error_message="This invoice has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(is_newest=True, payment__isnull=False),
                name="item_newest_of_payment",
                violation_error_message="This payment has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(is_live=True, kind=Kind.INVOICE_INSERT),
                name="item_one_live_insert_of_invoice",
                violation_error_message="This invoice has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(is_live=True, kind=Kind.PAYMENT_INSERT),
                name="item_one_live_insert_of_payment",
                violation_error_message="This payment has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["previous"],
                condition=Q(is_live=True, previous__isnull=False),
                name="item_one_live_successor",
                violation_error_message="This update has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["invoice_revision"],
                condition=Q(is_live=True, kind__in=INVOICE_KINDS),
                name="item_one_live_of_invoice_revision",
                violation_error_message="This invoice has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(is_live=True, refund__isnull=False),
                name="item_one_live_of_refund",
                violation_error_message="This refund has just been batched by somebody else.",
            ),
            models.UniqueConstraint(
                fields=["credit_memo"],
                condition=Q(is_live=True, credit_memo__isnull=False),
                name="item_one_live_of_credit_memo",
                violation_error_message="This credit memo has just been batched by somebody else.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number} in batch {self.batch_id}"
