"""The page of an invoice or payment: its content, what the books have, its history."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounting.models import BatchItem, RefundUse
from backoffice.actions.available import Action, actions_on_invoice, actions_on_payment
from backoffice.book_status import (
    books_of_invoice,
    books_of_payment,
    credit_memo_items,
    refund_uses,
)
from backoffice.timeline.documents import timeline_of_invoice, timeline_of_payment
from backoffice.timeline.entries import NEWEST, Timeline
from invoices.models import CreditMemo, Invoice, InvoiceDraft, InvoiceRevision
from payments.balances import NetAllocation, billed_cents_of, net_allocations, net_of_each
from payments.models import Allocation, Payment, PaymentRevision, Refund
from sera_batching.http import origin_of
from sera_batching.tables import read_choice

INVOICE_PERMISSION: Final = "invoices.view_invoice"
PAYMENT_PERMISSION: Final = "payments.view_payment"
WHOLE: Final = "whole"

Content = TypeVar("Content", InvoiceDraft, InvoiceRevision)


@dataclass(frozen=True, slots=True)
class InvoicePayments:
    """What was paid on an invoice and what is open, in cents."""

    allocations: list[NetAllocation]
    billed_cents: int

    @property
    def paid_cents(self) -> int:
        return sum(one.net_cents for one in self.allocations)

    @property
    def open_cents(self) -> int:
        return self.billed_cents - self.paid_cents


@require_safe
@permission_required(INVOICE_PERMISSION, raise_exception=True)
def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show an invoice: what it says, what was sent of it, and how it came to be."""
    found = get_object_or_404(Invoice.objects.select_related("customer"), pk=invoice_id)
    draft = content_of(InvoiceDraft.objects.filter(invoice=found))
    frozen = content_of(InvoiceRevision.objects.filter(pk=found.current_revision_id or 0))
    reader, newest = origin_of(request).user, newest_wanted(request)
    context: dict[str, Any] = {
        "invoice": found,
        "content": draft or frozen,
        "is_draft": draft is not None,
        "books": books_of_invoice(found),
        "paid": InvoicePayments(net_allocations([found.pk]), billed_cents_of([found])[found.pk]),
        "memos": credit_memos_in_books(found),
        **actions_shown(actions_on_invoice(found, reader)),
        **story_shown(timeline_of_invoice(found, reader, newest), newest),
    }
    return render(request, "backoffice/invoices/detail.html", context)


def content_of(found: QuerySet[Content]) -> Content | None:
    """Return the first that is found, with all that the page shows of it."""
    return found.select_related("job", "department").prefetch_related("lines").first()


def credit_memos_in_books(invoice: Invoice) -> list[tuple[CreditMemo, BatchItem | None]]:
    """Return the credit memos of an invoice, each with the live item that carried it."""
    memos = list(invoice.credit_memos.all())
    items = credit_memo_items(memos) if memos else {}
    return [(memo, items.get(memo.pk)) for memo in memos]


def newest_wanted(request: HttpRequest) -> int | None:
    """Return how many entries of the history to show; None if the URL asks for all."""
    wanted, _ = read_choice(request.GET.get("story", ""), [WHOLE])
    return None if wanted == WHOLE else NEWEST


def actions_shown(actions: list[Action]) -> dict[str, Any]:
    """Return what this person may do with a document, and why the rest is not available."""
    return {"actions": actions, "refused": [one for one in actions if one.why_not]}


def story_shown(story: Timeline, newest: int | None) -> dict[str, Any]:
    """Return the history of a document as the page shows it."""
    return {"story": story, "is_whole": newest is None, "newest": NEWEST}


@require_safe
@permission_required(INVOICE_PERMISSION, raise_exception=True)
def credit_memo(request: HttpRequest, credit_memo_id: int) -> HttpResponse:
    """Go to the invoice that a credit memo restates: it has no page of its own."""
    found = get_object_or_404(CreditMemo, pk=credit_memo_id)
    return redirect(reverse("invoices:detail", args=[found.invoice_id]) + "#credit-memos")


@require_safe
@permission_required(PAYMENT_PERMISSION, raise_exception=True)
def payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Show a payment: what it says, what was sent of it, and how it came to be."""
    found = get_object_or_404(Payment.objects.select_related("customer"), pk=payment_id)
    content = (
        PaymentRevision.objects.filter(pk=found.current_revision_id or 0)
        .select_related("job")
        .prefetch_related("allocations__invoice")
        .first()
    )
    refunds = refunds_in_books(found)
    refunded = sum(one.amount_cents for one, _ in refunds)
    reader, newest = origin_of(request).user, newest_wanted(request)
    context = {
        "payment": found,
        "content": content,
        "allocations": allocations_after_refunds(content, refunded) if content else [],
        "refunded_cents": refunded,
        "left_cents": content.amount_cents - refunded if content else 0,
        "books": books_of_payment(found),
        "refunds": refunds,
        **actions_shown(actions_on_payment(found, reader)),
        **story_shown(timeline_of_payment(found, reader, newest), newest),
    }
    return render(request, "backoffice/payments/detail.html", context)


def allocations_after_refunds(
    content: PaymentRevision, refund_cents: int
) -> list[tuple[Allocation, int]]:
    """Return each allocation with the cents left of it after the refunds (domain.md §7)."""
    allocations = list(content.allocations.all())
    left = net_of_each(
        [(one.invoice_id, one.amount_cents) for one in allocations],
        amount_cents=content.amount_cents,
        refund_cents=refund_cents,
    )
    return [(one, left[one.invoice_id]) for one in allocations]


def refunds_in_books(payment: Payment) -> list[tuple[Refund, RefundUse | None]]:
    """Return the refunds of a payment, each with how it reached the books."""
    uses = refund_uses(payment)
    refunds = payment.refunds.select_related("recorded_by").order_by("date", "number")
    return [(refund, uses.get(refund.pk)) for refund in refunds]


@require_safe
@permission_required(PAYMENT_PERMISSION, raise_exception=True)
def refund(request: HttpRequest, refund_id: int) -> HttpResponse:
    """Go to the payment that a refund is of: it has no page of its own."""
    found = get_object_or_404(Refund, pk=refund_id)
    return redirect(reverse("payments:detail", args=[found.payment_id]) + "#refunds")
