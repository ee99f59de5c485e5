"""What the feed sends in random histories.

The model's documents guide the draws to records that mean something: the same invoice edited,
paid, refunded and edited back. A few are drawn to be refused.
"""

from datetime import date

from hypothesis import strategies as st

from proof.documents import Documents, Record
from proof.world import (
    AMOUNTS,
    CLOSING_DATES,
    CREDIT_MEMOS,
    DATES,
    DEPARTMENTS,
    INVOICES,
    METHODS,
    PAYMENTS,
    REFUNDS,
    Draw,
    cents_of,
    draw_job,
    money,
    one_of,
    seldom,
)


def draw_line(draw: Draw) -> Record:
    """Draw a line of an invoice; seldom quantity × rate is not its amount."""
    amount = draw(one_of(*AMOUNTS))
    if seldom(draw):
        amount = -500
    return {
        "item": "Repair::Valve" if seldom(draw, 30) else draw(one_of("Repair", "Coupons")),
        "description": draw(one_of("", "Capacitor")),
        "quantity": "1",
        "rate": money(amount + (100 if seldom(draw, 5) else 0)),
        "amount": money(amount),
        "taxable": not seldom(draw, 5),
        "class": draw(one_of("HVAC", "", "Texas:HVAC")),
        "service_date": draw(one_of(None, "2026-11-01")),
    }


def draw_invoice(draw: Draw, documents: Documents) -> Record:
    """Draw an invoice: a new one, or another form of one that is there."""
    number = draw(st.sampled_from(list(INVOICES)))
    last = documents.last_fed.get(("invoice", number))
    if last is not None and not seldom(draw, 4):
        changed = dict(last)
        what = draw(one_of(*["lines", "date", "zero"] * 2, "status", "memo", "department"))
        if what == "status":
            changed["status"] = "pending" if last["status"] == "finalized" else "finalized"
        elif what == "lines":
            changed["lines"] = [draw_line(draw)]
            changed["status"] = "finalized"
        elif what == "zero":
            changed["lines"] = [{**last["lines"][0], "rate": "0.00", "amount": "0.00"}]
        elif what == "memo":
            changed["memo"] = "second visit" if last["memo"] == "" else ""
        elif what == "date":
            changed["date"] = draw(one_of(*DATES))
        else:
            changed["department"] = draw(one_of(None, *DEPARTMENTS))
        return changed
    owner = "C2" if seldom(draw, 30) else INVOICES[number]
    tax: Record | None = None
    if draw(st.booleans()):
        code = "" if seldom(draw, 10) else "Austin"
        tax = {"code": code, "rate": "8.25", "amount": draw(one_of("0.00", "8.25"))}
    return {
        "type": "invoice",
        "number": number,
        "customer": owner,
        "job": draw_job(draw, owner),
        "department": draw(one_of(*DEPARTMENTS, None)),
        "status": "pending" if seldom(draw, 6) else "finalized",
        "date": draw(one_of(*DATES)),
        "due_date": "2026-11-04" if seldom(draw, 10) else "2026-12-02",
        "terms": "Net 30 days, or as agreed by phone" if seldom(draw, 30) else "Net 30",
        "memo": "",
        "message": draw(one_of("", "Thank you")),
        "tax": tax,
        "lines": [draw_line(draw) for _ in range(draw(st.integers(1, 2)))],
    }


def draw_invoice_action(draw: Draw, documents: Documents) -> Record:
    """Draw a hold, a resumption, a void or a cancellation."""
    return {
        "type": "invoice_action",
        "invoice": draw(st.sampled_from(list(documents.invoices) or ["0101"])),
        "action": draw(one_of("do_not_batch", "resume_batching", "void", "cancel")),
        "note": "as asked",
    }


def draw_allocations(draw: Draw, documents: Documents, owner: str, payment: str) -> list[Record]:
    """Draw allocations that mostly fit what is open."""
    own = [each for each in documents.invoices.values() if documents.is_one(each.customer, owner)]
    if seldom(draw, 20):
        own = list(documents.invoices.values())
    if not own:
        return []
    least = 0 if seldom(draw, 4) else 1
    chosen = draw(
        st.lists(
            st.sampled_from(own), min_size=least, max_size=2, unique_by=lambda each: each.number
        )
    )
    allocations = []
    for invoice in chosen:
        still_open = documents.open_on(invoice, besides=payment)
        amount = draw(one_of(still_open, still_open // 2, min(still_open, 1000), 4000))
        allocations.append({"invoice": invoice.number, "amount": money(max(amount, 100))})
    return allocations


def draw_payment(draw: Draw, documents: Documents) -> Record:
    """Draw a payment: a new one, or another form of one that is there."""
    number = draw(st.sampled_from(list(PAYMENTS)))
    last = documents.last_fed.get(("payment", number))
    if last is not None and not seldom(draw, 3):
        changed = dict(last)
        what = draw(
            one_of("allocations", "allocations", "amount", "memo", "date", "settled", "job")
        )
        if what == "allocations":
            changed["allocations"] = draw_allocations(draw, documents, last["customer"], number)
            least = sum(cents_of(each["amount"]) for each in changed["allocations"])
            changed["amount"] = money(max(cents_of(last["amount"]), least))
        elif what == "amount":
            least = documents.refunded(number)
            changed["amount"] = money(draw(one_of(*AMOUNTS, least, least + 500)))
        elif what == "memo":
            changed["memo"] = draw(one_of("", "by phone"))
        elif what == "date":
            changed["date"] = draw(one_of(*DATES))
        elif what == "job":
            changed["job"] = draw_job(draw, last["customer"])
        else:
            changed["settled"] = True
        return changed
    owner = PAYMENTS[number]
    allocations = draw_allocations(draw, documents, owner, number)
    allocated = sum(cents_of(each["amount"]) for each in allocations)
    return {
        "type": "payment",
        "number": number,
        "customer": owner,
        "job": draw_job(draw, owner),
        "date": draw(one_of(*DATES)),
        "method": draw(one_of(*METHODS)),
        "amount": money(allocated + draw(one_of(0, 0, 1000, 2550)) if allocated else 6000),
        "reference": draw(one_of("", "4242")),
        "memo": "",
        "settled": not seldom(draw, 4),
        "allocations": allocations,
    }


def draw_payment_action(draw: Draw, documents: Documents) -> Record:
    """Draw a removal, a dispute or a restoration."""
    return {
        "type": "payment_action",
        "payment": draw(st.sampled_from(list(documents.payments) or ["P1"])),
        "action": draw(one_of("dispute", "restore", "remove")),
        "note": "as asked",
    }


def draw_refund(draw: Draw, documents: Documents) -> Record:
    """Draw a refund, mostly of what is left."""
    number = draw(st.sampled_from(list(REFUNDS)))
    payment = draw(st.sampled_from(list(documents.payments) or ["P1"]))
    left = 1000
    if payment in documents.payments:
        left = documents.payments[payment].amount - documents.refunded(payment)
    return {
        "type": "refund",
        "number": number,
        "payment": payment,
        "date": draw(one_of("2026-11-20", "2026-11-05", "2026-12-01")),
        "amount": money(draw(one_of(left, left // 2, 1000))),
        "method": draw(one_of("card", "check")),
        "memo": "goodwill",
    }


def draw_credit_memo(draw: Draw, documents: Documents) -> Record:
    """Draw a legacy credit memo."""
    number = draw(st.sampled_from(list(CREDIT_MEMOS)))
    return {
        "type": "credit_memo",
        "number": number,
        "invoice": CREDIT_MEMOS[number],
        "date": draw(one_of("2026-11-05", "2026-10-30")),
    }


def draw_batched_before(draw: Draw, documents: Documents) -> Record:
    """Draw a document that the books are said to hold."""
    known = [
        *(("invoice", number) for number in documents.invoices),
        *(("payment", number) for number in documents.payments),
        *(("refund", number) for number in documents.refunds),
    ]
    kind, number = draw(st.sampled_from(known or [("invoice", "0101")]))
    return {"type": "batched_before", "kind": kind, "number": number}


def draw_closing_date(draw: Draw) -> date | None:
    """Draw up to when the books are closed; mostly they are open."""
    drawn = draw(one_of(*CLOSING_DATES))
    return date.fromisoformat(drawn) if drawn else None
