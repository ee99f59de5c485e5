"""Actions on a payment: remove or void, dispute, restore, settle, refund (domain.md §7)."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.actions.available import is_void_of_unsettled
from backoffice.actions.flow import Values, carry_out
from backoffice.actions.forms import ReasonForm, RefundForm, refund_initial
from backoffice.actions.pages import METHODS, find_document, page_of
from backoffice.actions.perform import Operation
from payments.balances import left_cents
from payments.models import Payment, Refund
from payments.services.freezing import current_of
from payments.services.payments import (
    change_payment,
    dispute_payment,
    payment_values,
    record_refund,
    remove_payment,
    restore_payment,
)
from sera_batching.numbers import propose_number
from sera_batching.origin import Origin


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.remove_payment", raise_exception=True)
def payment_remove(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Remove a payment permanently; this voids a card or ACH payment that has not settled."""
    payment = find_document(Payment, payment_id)
    is_void = is_void_of_unsettled(payment)
    page = page_of(
        payment,
        "Void" if is_void else "Remove",
        act=lambda values, origin: (
            lambda: remove_payment(payment=payment, note=values["reason"], origin=origin)
        ),
        done=f"Payment {payment.number} was {'voided' if is_void else 'removed'}.",
        explanation="It has not settled, so it is voided in full: the money never arrives."
        if is_void
        else "It was entered by mistake. It comes off its invoices as if it had never been taken.",
        is_final=True,
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.dispute_payment", raise_exception=True)
def payment_dispute(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Mark a payment as disputed: it is held back until it is restored."""
    payment = find_document(Payment, payment_id)
    page = page_of(
        payment,
        "Dispute",
        act=lambda values, origin: (
            lambda: dispute_payment(payment=payment, note=values["reason"], origin=origin)
        ),
        done=f"Payment {payment.number} was marked as disputed.",
        explanation="It is held back until the dispute is over; its refunds are not.",
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.dispute_payment", raise_exception=True)
def payment_restore(request: HttpRequest, payment_id: int) -> HttpResponse:
    """End a dispute: the payment batches again."""
    payment = find_document(Payment, payment_id)
    page = page_of(
        payment,
        "Restore",
        act=lambda values, origin: (
            lambda: restore_payment(payment=payment, note=values["reason"], origin=origin)
        ),
        done=f"Payment {payment.number} was restored.",
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.reallocate_payment", raise_exception=True)
def payment_settle(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Mark a card or ACH payment as settled: from then on it can be refunded."""
    payment = find_document(Payment, payment_id)
    page = page_of(
        payment,
        "Mark as settled",
        act=lambda values, origin: (
            lambda: change_payment(
                payment=payment,
                values=payment_values(payment),
                is_settled=True,
                reason=values["reason"],
                origin=origin,
            )
        ),
        form=ReasonForm,
        done=f"Payment {payment.number} was marked as settled.",
        explanation="Its money has arrived, so it can be refunded but no longer voided.",
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("payments.refund_payment", raise_exception=True)
def payment_refund(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Record a full or partial refund of a payment."""
    payment = find_document(Payment, payment_id)

    def act(values: Values, origin: Origin) -> Operation:
        def refund() -> Payment:
            record_refund(
                number=values["number"],
                payment=payment,
                date=values["date"],
                amount_cents=values["amount"],
                method=values["method"],
                memo=values["memo"],
                origin=origin,
            )
            return payment

        return refund

    proposed = refund_initial(
        number=propose_number(Refund.objects.all(), prefix="R-"),
        date=timezone.localdate(),
        left_cents=left_cents(payment),
        method=current_of(payment).method,
    )
    page = page_of(
        payment,
        "Issue refund",
        act=act,
        assumed=None,
        form=lambda data: RefundForm(data, initial=proposed),
        done=f"The refund of payment {payment.number} was recorded.",
        explanation=(
            "This records money that was already returned; it doesn't move any. A "
            "refund can't be changed later."
        ),
        is_final=True,
    )
    return carry_out(request, page)
