"""What people do on pages in random histories; a few acts are drawn to be refused."""

from typing import Final

from hypothesis import strategies as st

from proof.documents import Documents, Record
from proof.universe import draw_allocations, draw_invoice, draw_payment, draw_refund
from proof.world import CUSTOMERS, DATES, KEYS, PAYMENTS, Draw, cents_of, one_of, seldom

INVOICE_ACTS: Final = (
    *["edit_and_approve"] * 4,
    *["save_draft"] * 2,
    *["approve"] * 2,
    *["edit_date"] * 2,
    *("void", "cancel", "do_not_batch", "resume_batching"),
)
PAYMENT_ACTS: Final = (
    *["take_payment"] * 3,
    *["reallocate"] * 4,
    *["refund"] * 2,
    *("settle", "dispute", "restore", "remove"),
)


def draw_invoice_page(draw: Draw, documents: Documents) -> Record:
    """Draw an act on an invoice that is there."""
    name = draw(one_of(*INVOICE_ACTS))
    record = {
        "type": "page",
        "act": name,
        "invoice": draw(st.sampled_from(list(documents.invoices) or ["0101"])),
    }
    if name in ("edit_and_approve", "save_draft"):
        record["values"] = draw_invoice(draw, documents)
    if name in ("edit_and_approve", "approve"):
        record["date"] = draw(one_of(None, *DATES))
    if name == "edit_date":
        record["date"] = draw(one_of(*DATES))
    return record


def draw_payment_page(draw: Draw, documents: Documents) -> Record:
    """Draw an act on a payment that is there, or a payment that is taken."""
    name = draw(one_of(*PAYMENT_ACTS))
    fresh = [number for number in PAYMENTS if number not in documents.payments]
    if name == "take_payment" or not documents.payments:
        values = draw_payment(draw, documents)
        if fresh and not seldom(draw):
            number = draw(st.sampled_from(fresh))
            values = {**values, "number": number}
        return {"type": "page", "act": "take_payment", "values": values}
    number = draw(st.sampled_from(list(documents.payments)))
    record = {"type": "page", "act": name, "payment": number}
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
