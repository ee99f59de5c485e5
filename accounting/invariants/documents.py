"""Invariants of the documents: frozen content adds up, and points at what it should (§2, §7)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounting.invariants.breaches import CHUNK, Breach, row_of
from accounting.models import BatchItem, FollowUp
from invoices.merged import survivor_of
from invoices.models import (
    Customer,
    Invoice,
    InvoiceDraft,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceRevision,
)
from payments.models import Allocation, Payment, PaymentRevision, Refund

_INVOICE_CAUSES = {
    Invoice.Status.VOID: FollowUp.Cause.INVOICE_VOIDED,
    Invoice.Status.CANCELLED: FollowUp.Cause.INVOICE_CANCELLED,
}


def _or_zero(query: QuerySet[Any] | F) -> Coalesce:
    """Return a number, 0 for none: NULL is neither equal nor unequal to anything."""
    value = query if isinstance(query, F) else Subquery(query, output_field=BigIntegerField())
    return Coalesce(value, Value(0, output_field=BigIntegerField()))


def _sum(rows: QuerySet[Any], by: str) -> Coalesce:
    """Return the cents of the rows that have the outer row as their `by`."""
    sums = rows.order_by().values(by).annotate(cents=Sum("amount_cents")).values("cents")
    return _or_zero(sums)


def frozen_invoices_add_up() -> Iterator[Breach]:
    """The lines of a frozen invoice sum up to its subtotal, and with the tax to its total."""
    lines = _sum(InvoiceLine.objects.filter(revision=OuterRef("pk")), "revision")
    yield from _not_adding_up(
        InvoiceRevision.objects.annotate(lines_cents=lines).select_related("invoice"), "revision"
    )


def draft_invoices_add_up() -> Iterator[Breach]:
    """The lines of an invoice's draft sum up to its subtotal, and with the tax to its total."""
    lines = _sum(InvoiceDraftLine.objects.filter(draft=OuterRef("pk")), "draft")
    yield from _not_adding_up(
        InvoiceDraft.objects.annotate(lines_cents=lines).select_related("invoice"), "draft"
    )


def _not_adding_up(contents: QuerySet[Any], noun: str) -> Iterator[Breach]:
    wrong = contents.filter(
        ~Q(subtotal_cents=F("lines_cents"))
        | ~Q(total_cents=F("lines_cents") + F("tax_cents"))
        | Q(total_cents__lt=0)
    )
    for content in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"The {noun} of invoice {content.invoice.number} does not add up.",
            (
                row_of(
                    type(content),
                    content.pk,
                    lines_cents=content.lines_cents,
                    subtotal_cents=content.subtotal_cents,
                    tax_cents=content.tax_cents,
                    total_cents=content.total_cents,
                ),
            ),
        )


def invoices_stand_on_their_newest_revision() -> Iterator[Breach]:
    """The current revision of an invoice is its own newest; only a pending one may lack any."""
    newest = InvoiceRevision.objects.filter(invoice=OuterRef("pk")).order_by("-sequence")
    frozen = [Invoice.Status.FINALIZED, Invoice.Status.VOID]
    wrong = Invoice.objects.annotate(
        current_id=_or_zero(F("current_revision_id")), newest_id=_or_zero(newest.values("pk")[:1])
    ).filter(~Q(current_id=F("newest_id")) | Q(status__in=frozen, current_id=0))
    for invoice in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Invoice {invoice.number} does not use its newest revision.",
            (
                row_of(
                    Invoice,
                    invoice.pk,
                    status=invoice.status,
                    current_revision_id=invoice.current_revision_id,
                    newest_revision_id=invoice.newest_id,
                ),
            ),
        )


def pending_invoices_have_their_draft() -> Iterator[Breach]:
    """A pending invoice has a draft; a finalized or void one has none."""
    has_draft = Exists(InvoiceDraft.objects.filter(invoice=OuterRef("pk")))
    frozen = [Invoice.Status.FINALIZED, Invoice.Status.VOID]
    wrong = Invoice.objects.annotate(has_draft=has_draft).filter(
        Q(status=Invoice.Status.PENDING, has_draft=False) | Q(status__in=frozen, has_draft=True)
    )
    for invoice in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Invoice {invoice.number} is {invoice.status} and has "
            f"{'a' if invoice.has_draft else 'no'} draft.",
            (row_of(Invoice, invoice.pk, status=invoice.status, has_draft=invoice.has_draft),),
        )


def payments_stand_on_their_newest_revision() -> Iterator[Breach]:
    """Every payment has a current revision: its own newest."""
    newest = PaymentRevision.objects.filter(payment=OuterRef("pk")).order_by("-sequence")
    wrong = Payment.objects.annotate(
        current_id=_or_zero(F("current_revision_id")), newest_id=_or_zero(newest.values("pk")[:1])
    ).filter(~Q(current_id=F("newest_id")) | Q(current_id=0))
    for payment in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Payment {payment.number} does not use its newest revision.",
            (
                row_of(
                    Payment,
                    payment.pk,
                    current_revision_id=payment.current_revision_id,
                    newest_revision_id=payment.newest_id,
                ),
            ),
        )


def allocations_fit_their_payment() -> Iterator[Breach]:
    """A payment is allocated to at most its amount, to invoices of its own customer."""
    parts = Allocation.objects.filter(revision=OuterRef("pk")).order_by()
    allocated = _sum(parts, "revision")
    strangers = Exists(
        parts.annotate(owner_id=survivor_of("invoice__customer")).exclude(
            owner_id=OuterRef("owner_id")
        )
    )
    wrong = PaymentRevision.objects.annotate(
        owner_id=survivor_of("payment__customer"),
        allocated_cents=allocated,
        names_strangers=strangers,
    ).filter(Q(allocated_cents__gt=F("amount_cents")) | Q(names_strangers=True))
    for revision in wrong.select_related("payment").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Payment {revision.payment.number} is allocated to more than it has, or to another "
            "customer's invoice.",
            (
                row_of(
                    PaymentRevision,
                    revision.pk,
                    amount_cents=revision.amount_cents,
                    allocated_cents=revision.allocated_cents,
                    names_strangers=revision.names_strangers,
                ),
            ),
        )


def refunds_fit_their_payment() -> Iterator[Breach]:
    """The refunds of a payment are at most its amount; a removed one has none."""
    refunded = _sum(Refund.objects.filter(payment=OuterRef("pk")), "payment")
    wrong = Payment.objects.annotate(refunded_cents=refunded).filter(
        Q(refunded_cents__gt=F("current_revision__amount_cents"))
        | Q(state=Payment.State.REMOVED, refunded_cents__gt=0)
    )
    for payment in wrong.select_related("current_revision").order_by("pk").iterator(CHUNK):
        revision = payment.current_revision
        yield Breach(
            f"More was refunded of payment {payment.number} than it has.",
            (
                row_of(
                    Payment,
                    payment.pk,
                    state=payment.state,
                    amount_cents=revision.amount_cents if revision else None,
                    refunded_cents=payment.refunded_cents,
                ),
            ),
        )


def merged_customers_lead_to_a_survivor() -> Iterator[Breach]:
    """A survivor is not merged itself, so that one step finds it."""
    wrong = Customer.objects.filter(merged_into__merged_into__isnull=False)
    for customer in wrong.select_related("merged_into").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Customer {customer} is merged into {customer.merged_into}, who is merged, too.",
            (row_of(Customer, customer.pk, merged_into_id=customer.merged_into_id),),
        )


def closed_documents_in_the_books_have_a_follow_up() -> Iterator[Breach]:
    """A void or cancelled invoice, or a removed payment, in a live batch has a follow-up."""
    needed = FollowUp.objects.exclude(status=FollowUp.Status.SUPERSEDED)
    live = BatchItem.objects.live()
    for status, cause in _INVOICE_CAUSES.items():
        invoices = Invoice.objects.filter(
            Exists(live.filter(invoice=OuterRef("pk"))),
            ~Exists(needed.filter(invoice=OuterRef("pk"), cause=cause)),
            status=status,
        )
        for invoice in invoices.order_by("pk").iterator(chunk_size=CHUNK):
            yield Breach(
                f"Invoice {invoice.number} is {status.label.lower()} and in the books, but no "
                "follow-up says to fix that.",
                (row_of(Invoice, invoice.pk, status=invoice.status),),
            )
    payments = Payment.objects.filter(
        Exists(live.filter(payment=OuterRef("pk"))),
        ~Exists(needed.filter(payment=OuterRef("pk"), cause=FollowUp.Cause.PAYMENT_REMOVED)),
        state=Payment.State.REMOVED,
    )
    for payment in payments.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Payment {payment.number} is removed and in the books, but no follow-up says to "
            "fix that.",
            (row_of(Payment, payment.pk, state=payment.state),),
        )
