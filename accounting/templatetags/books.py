"""For the pages of documents: their apps know nothing of batches, their pages show them."""

from django import template

from accounting.models import BatchItem, RefundUse
from backoffice.book_status import (
    Books,
    books_of_invoice,
    books_of_payment,
    credit_memo_items,
    refund_uses,
)
from invoices.models import CreditMemo
from payments.models import Payment, Refund

register = template.Library()

register.simple_tag(books_of_invoice)
register.simple_tag(books_of_payment)


@register.simple_tag
def credit_memos_in_books(
    memos: list[CreditMemo],
) -> list[tuple[CreditMemo, BatchItem | None]]:
    """Return credit memos, each with the live item that carried it."""
    items = credit_memo_items(memos) if memos else {}
    return [(memo, items.get(memo.pk)) for memo in memos]


@register.simple_tag
def refunds_in_books(payment: Payment) -> list[tuple[Refund, RefundUse | None]]:
    """Return the refunds of a payment, each with how it reached the books."""
    uses = refund_uses(payment)
    refunds = payment.refunds.select_related("recorded_by").order_by("date", "number")
    return [(refund, uses.get(refund.pk)) for refund in refunds]


__all__ = ["Books", "register"]
