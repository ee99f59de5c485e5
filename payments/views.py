"""One payment to look at, with its allocations and refunds."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from payments.balances import net_of_each
from payments.models import Allocation, Payment, PaymentRevision, Refund

PERMISSION = "payments.view_payment"


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Show a payment: what it says, what was sent of it, and how it came to be."""
    found = get_object_or_404(Payment.objects.select_related("customer"), pk=payment_id)
    content = (
        PaymentRevision.objects.filter(pk=found.current_revision_id or 0)
        .select_related("job")
        .prefetch_related("allocations__invoice")
        .first()
    )
    refunded = sum(refund.amount_cents for refund in found.refunds.all())
    context = {
        "payment": found,
        "content": content,
        "allocations": net_allocations(content, refunded) if content else [],
        "refunded_cents": refunded,
        "left_cents": content.amount_cents - refunded if content else 0,
    }
    return render(request, "backoffice/payments/detail.html", context)


def net_allocations(content: PaymentRevision, refund_cents: int) -> list[tuple[Allocation, int]]:
    """Return each allocation with the cents left of it after the refunds (domain.md §7)."""
    allocations = list(content.allocations.all())
    left = net_of_each(
        [(one.invoice_id, one.amount_cents) for one in allocations],
        amount_cents=content.amount_cents,
        refund_cents=refund_cents,
    )
    return [(one, left[one.invoice_id]) for one in allocations]


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def refund(request: HttpRequest, refund_id: int) -> HttpResponse:
    """Go to the payment that a refund is of: it has no page of its own."""
    found = get_object_or_404(Refund, pk=refund_id)
    return redirect(reverse("payments:detail", args=[found.payment_id]) + "#refunds")
