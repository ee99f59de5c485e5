"""The Opening batch of books made in bulk: what QuickBooks has."""

from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import Window
from django.db.models.functions import Coalesce, RowNumber

from accounting.batches.claim import snapshot_parties
from accounting.batches.payment_rows import BLANK_ROW_POSITION
from accounting.batches.settings import settings_of
from accounting.models import OPENING_BATCH_ID, Batch, BatchItem, BatchParty, Kind, PaymentRow
from benchmarks.sizes import Size
from invoices.models import Customer, InvoiceRevision
from payments.models import Allocation, PaymentRevision
from sera_batching.database.sql import insert_from
from sera_batching.models import Company, User


def make_opening_batch(size: Size, user: User) -> None:
    batch = Batch.objects.create(
        pk=OPENING_BATCH_ID,
        name="Opening",
        status=Batch.Status.READY,
        created_by=user,
        company_settings=settings_of(Company.current()).to_json(),
    )
    snapshot_parties(batch, Customer.objects.all())
    _put_in(
        batch,
        InvoiceRevision.objects.filter(invoice__lte=size.batched_invoices, sequence=1),
        document="invoice",
        kind=Kind.INVOICE_INSERT,
        amount="total_cents",
        department=F("department_id"),
    )
    of_invoice = InvoiceRevision.objects.filter(invoice=OuterRef("first_invoice_id"), sequence=1)
    _put_in(
        batch,
        PaymentRevision.objects.filter(payment__lte=size.batched_payments),
        document="payment",
        kind=Kind.PAYMENT_INSERT,
        amount="amount_cents",
        department=Subquery(of_invoice.values("department_id")),
    )
    _write_payment_rows(batch)
    totals = batch.items.aggregate(count=Count("pk"), cents=Sum("amount_cents"))
    Batch.objects.filter(pk=batch.pk).update(
        document_count=totals["count"], total_cents=totals["cents"]
    )


def _put_in(
    batch: Batch, revisions: Any, *, document: str, kind: str, amount: str, department: Any
) -> None:
    customer = F(f"{document}__customer_id")
    party = BatchParty.objects.filter(
        batch=batch, customer=OuterRef(f"{document}__customer_id")
    ).values("pk")
    insert_from(
        BatchItem,
        revisions,
        {
            "batch": batch,
            "kind": kind,
            "position": Window(RowNumber(), order_by="pk"),
            "party": Subquery(party),
            "customer": customer,
            "department": department,
            "department_name": "",
            "class_name": "",
            "number": F(f"{document}__number"),
            "date": F("date"),
            "amount_cents": F(amount),
            "fingerprint": F("fingerprint"),
            document: F(f"{document}_id"),
            f"{document}_revision": F("pk"),
            "is_live": True,
            "is_newest": True,
        },
    )


def _write_payment_rows(batch: Batch) -> None:
    items = BatchItem.objects.filter(batch=batch, kind=Kind.PAYMENT_INSERT)
    insert_from(
        PaymentRow,
        items.filter(payment_revision__allocations__isnull=False),
        {
            "item": F("pk"),
            "position": F("payment_revision__allocations__position"),
            "invoice": F("payment_revision__allocations__invoice_id"),
            "amount_cents": F("payment_revision__allocations__amount_cents"),
        },
    )
    named = (
        Allocation.objects.filter(revision=OuterRef("payment_revision_id"))
        .order_by()
        .values("revision_id")
        .annotate(cents=Sum("amount_cents"))
        .values("cents")
    )
    rest = items.annotate(rest_cents=F("amount_cents") - Coalesce(named, Value(0)))
    insert_from(
        PaymentRow,
        rest.filter(rest_cents__gt=0),
        {"item": F("pk"), "position": BLANK_ROW_POSITION, "amount_cents": F("rest_cents")},
    )
