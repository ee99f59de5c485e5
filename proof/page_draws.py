"""What people do on pages in random histories; a few actions are drawn to be refused."""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from proof.documents import Documents, Invoice, Payment, Record
from proof.universe import draw_allocations, draw_invoice, draw_payment, draw_refund
from proof.world import CUSTOMERS, DATES, KEYS, PAYMENTS, Draw, cents_of, one_of, seldom

INVOICE_ACTS: Final = {
    "edit_and_approve": 3,
    "save_draft": 2,
    "approve": 3,
    "edit_date": 3,
    "void": 2,
    "cancel": 2,
    "do_not_batch": 2,
    "resume_batching": 3,
}
"""The acts on invoices; those with a higher number are drawn more often."""
PAYMENT_ACTS: Final = {
    "take_payment": 3,
    "reallocate": 3,
    "refund": 2,
    "settle": 3,
    "dispute": 2,
    "restore": 3,
    "remove": 2,
}
CUSTOMER_ACTS: Final = ("change_key", "merge")


def _may_act_on_invoice(documents: Documents, name: str, invoice: Invoice) -> bool:
    """Return whether an act changes something, by the state of the invoice."""
    if name in ("approve", "edit_date"):
        return invoice.state == ("pending" if name == "approve" else "finalized")
    if name in ("void", "cancel"):
        is_open = invoice.state == "finalized" or (name == "cancel" and not invoice.is_closed)
        return is_open and documents.money_on(invoice.number) == 0
    if name == "resume_batching":
        return invoice.held
    return not invoice.is_closed and not (name == "do_not_batch" and invoice.held)


def _may_act_on_payment(documents: Documents, name: str, payment: Payment) -> bool:
    """Return whether an act changes something, by the state of the payment."""
    if name in ("dispute", "restore"):
        return payment.state == ("kept" if name == "dispute" else "disputed")
    if payment.state == "removed":
        return False
    refunded = documents.refunded(payment.number)
    if name == "refund":
        return payment.settled and refunded < payment.amount
    return not (name == "settle" and payment.settled) and not (name == "remove" and refunded)


def _draw_act(
    draw: Draw, acts: dict[str, int], numbers: list[str], may: Callable[[str, str], bool]
) -> tuple[str, str]:
    """Draw an act and a document of these numbers; mostly one that is in a state for it."""
    possible = {name: [number for number in numbers if may(name, number)] for name in acts}
    if seldom(draw):
        possible = dict.fromkeys(acts, numbers)
    weighted = [name for name, weight in acts.items() for _ in range(weight) if possible[name]]
    name = draw(st.sampled_from(weighted or list(acts)))
    return name, draw(st.sampled_from(possible[name] or numbers))


def draw_invoice_page(draw: Draw, documents: Documents) -> Record:
    """Draw an act on an invoice that is there."""
    invoices = documents.invoices
    name, number = _draw_act(
        draw,
        INVOICE_ACTS,
        list(invoices) or ["0101"],
        lambda name, number: (
            number in invoices and _may_act_on_invoice(documents, name, invoices[number])
        ),
    )
    record: Record = {"type": "page", "act": name, "invoice": number}
    if name in ("edit_and_approve", "save_draft"):
        record["values"] = draw_invoice(draw, documents)
    if name in ("edit_and_approve", "approve"):
        record["date"] = draw(one_of(None, *DATES))
    if name == "edit_date":
        record["date"] = draw(one_of(*DATES))
    return record


def draw_payment_page(draw: Draw, documents: Documents) -> Record:
    """Draw an act on a payment that is there, or a payment that is taken."""
    fresh = [number for number in PAYMENTS if number not in documents.payments]
    name, number = "take_payment", ""
    if documents.payments:
        name, number = _draw_act(
            draw,
            PAYMENT_ACTS,
            list(documents.payments),
            lambda name, number: _may_act_on_payment(documents, name, documents.payments[number]),
        )
    if name == "take_payment":
        values = draw_payment(draw, documents)
        if fresh and not seldom(draw):
            number = draw(st.sampled_from(fresh))
            values = {**values, "number": number}
        return {"type": "page", "act": "take_payment", "values": values}
    record: Record = {"type": "page", "act": name, "payment": number}
    if name == "reallocate":
        owner = documents.payments[number].customer
        record["allocations"] = [
            {"invoice": each["invoice"], "cents": cents_of(each["amount"])}
            for each in draw_allocations(draw, documents, owner, number)
        ]
    if name == "refund":
        record["values"] = {**draw_refund(draw, documents), "payment": number}
    return record


def draw_customer_page(draw: Draw, documents: Documents) -> Record:
    """Draw another accounting key, or now and then a merge, which is for good."""
    number = draw(one_of(*CUSTOMERS))
    if seldom(draw, 3):
        into = draw(one_of(*CUSTOMERS))
        return {"type": "page", "act": "merge", "customer": number, "into": into}
    return {
        "type": "page",
        "act": "change_key",
        "customer": number,
        "key": draw(one_of(*KEYS[number])),
    }
