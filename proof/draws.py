"""All that random histories draw, by the names of their steps."""

from collections.abc import Callable
from typing import Final

from proof.documents import Documents, Record
from proof.page_draws import draw_customer_page, draw_invoice_page, draw_payment_page
from proof.universe import (
    draw_batched_before,
    draw_credit_memo,
    draw_invoice,
    draw_invoice_action,
    draw_payment,
    draw_payment_action,
    draw_refund,
)
from proof.world import Draw, draw_party

RECORDS: Final[dict[str, Callable[[Draw, Documents], Record]]] = {
    "invoice": draw_invoice,
    "payment": draw_payment,
    "refund": draw_refund,
    "invoice action": draw_invoice_action,
    "payment action": draw_payment_action,
    "party": draw_party,
    "credit memo": draw_credit_memo,
    "batched before": draw_batched_before,
    "invoice page": draw_invoice_page,
    "payment page": draw_payment_page,
    "customer page": draw_customer_page,
}
FIRST_DOCUMENTS: Final = [*[draw_invoice] * 4, draw_batched_before, *[draw_payment] * 4]
