"""What the feed may do with the documents of the model: take a record, or refuse it."""

import dataclasses
import datetime
from decimal import Decimal

from proof.documents import (
    UNSETTLED_METHODS,
    Content,
    CreditMemo,
    Customer,
    Documents,
    Invoice,
    Job,
    Line,
    Payment,
    Record,
    Refund,
    cents,
    require,
)


def feed_department(documents: Documents, record: Record) -> None:
    """Take a department."""
    documents.departments[record["name"]] = record


def feed_customer(documents: Documents, record: Record) -> None:
    """Take a customer; the accounting key must be free."""
    number, key = record["number"], record["accounting_key"]
    existing = documents.customers.get(number)
    require(existing is None or existing.merged_into is None, "it was merged into another")
    for other in documents.customers.values():
        require(other.number == number or other.key.lower() != key.lower(), "the key is in use")
    address = record["service_address"] or record["billing_address"]
    documents.customers[number] = Customer(
        number=number,
        key=key,
        name=record["name"],
        email=record["email"],
        tax_address=tuple(address[part] for part in ("line1", "city", "state", "postal_code")),
    )


def feed_job(documents: Documents, record: Record) -> None:
    """Take a job; it stays with its customer."""
    number, customer = record["number"], record["customer"]
    require(customer in documents.customers, "unknown customer")
    require(record["department"] is None or record["department"] in documents.departments, "dept")
    existing = documents.jobs.get(number)
    owner = existing.customer if existing else documents.survivor(customer).number
    require(documents.is_one(owner, customer), "another customer")
    documents.jobs[number] = Job(number, owner, record["department"], record["imported"])


def _require_job(documents: Documents, record: Record) -> None:
    if record["job"] is not None:
        require(record["job"] in documents.jobs, "unknown job")
        job = documents.jobs[record["job"]]
        require(documents.is_one(job.customer, record["customer"]), "the job is another customer's")


def content_of(record: Record) -> Content:
    """Return the content of an invoice record."""
    tax = record["tax"]
    lines = [
        Line(
            item=line["item"],
            description=line["description"],
            quantity=Decimal(line["quantity"]),
            rate=Decimal(line["rate"]),
            amount=cents(line["amount"]),
            taxable=line["taxable"],
            item_class=line["class"],
            service_date=datetime.date.fromisoformat(line["service_date"])
            if line["service_date"]
            else None,
        )
        for line in record["lines"]
    ]
    return Content(
        job=record["job"],
        department=record["department"],
        date=datetime.date.fromisoformat(record["date"]),
        due_date=datetime.date.fromisoformat(record["due_date"]),
        terms=record["terms"],
        memo=record["memo"],
        message=record["message"],
        tax=(tax["code"], Decimal(tax["rate"]), cents(tax["amount"])) if tax else None,
        lines=tuple(lines),
    )


def feed_invoice(documents: Documents, record: Record) -> None:
    """Take an invoice: pending, finalized, edited and re-approved, or unlocked."""
    require(record["customer"] in documents.customers, "unknown customer")
    require(record["department"] is None or record["department"] in documents.departments, "dept")
    _require_job(documents, record)
    require(not documents.is_imported(record["job"]), "it did not originate here")
    content = content_of(record)
    require(content.total >= 0, "the total is negative")
    invoice = documents.invoices.get(record["number"])
    if invoice is None:
        invoice = Invoice(record["number"], documents.survivor(record["customer"]).number, content)
    require(documents.is_one(invoice.customer, record["customer"]), "the customer never changes")
    require(not invoice.is_closed, "the invoice is void or cancelled")
    documents.invoices[invoice.number] = invoice
    invoice.draft = content
    invoice.state = record["status"]
    if invoice.state == "finalized":
        invoice.frozen = content


def act_on_invoice(documents: Documents, record: Record) -> None:
    """Hold, release, void or cancel an invoice; repeating it changes nothing."""
    require(record["invoice"] in documents.invoices, "unknown invoice")
    invoice = documents.invoices[record["invoice"]]
    action = record["action"]
    if action == "do_not_batch" and not invoice.held:
        require(not invoice.is_closed, "it never leaves again, and its payments should")
        invoice.held = True
    elif action == "resume_batching":
        invoice.held = False
    elif action == "void" and invoice.state != "void":
        require(invoice.state == "finalized", "only a finalized invoice is voided")
        require(documents.money_on(invoice.number) == 0, "it holds money")
        invoice.state = "void"
    elif action == "cancel" and invoice.state != "cancelled":
        require(invoice.state != "void", "it is void")
        require(documents.money_on(invoice.number) == 0, "it holds money")
        invoice.state = "cancelled"


def feed_payment(documents: Documents, record: Record) -> None:
    """Take a payment, a change of its facts, or another allocation."""
    require(record["customer"] in documents.customers, "unknown customer")
    _require_job(documents, record)
    payment = Payment(
        number=record["number"],
        customer=documents.survivor(record["customer"]).number,
        job=record["job"],
        date=datetime.date.fromisoformat(record["date"]),
        method=record["method"],
        amount=cents(record["amount"]),
        reference=record["reference"],
        memo=record["memo"],
        settled=record["settled"],
        allocations=tuple(
            (allocation["invoice"], cents(allocation["amount"]))
            for allocation in record["allocations"]
        ),
    )
    put_payment(documents, payment)


def put_payment(documents: Documents, payment: Payment) -> None:
    """Make this the payment of its number, if domain.md §7 allows it."""
    require(payment.amount >= 0, "the amount is negative")
    existing = documents.payments.get(payment.number)
    if existing is not None:
        require(documents.is_one(existing.customer, payment.customer), "the customer never changes")
        require(existing.state != "removed", "the payment is removed")
        payment = dataclasses.replace(payment, customer=existing.customer, state=existing.state)
    _require_allocations(documents, payment)
    _require_room(documents, payment, existing)
    refunds = documents.refunds_of(payment.number)
    require(sum(refund.amount for refund in refunds) <= payment.amount, "more was refunded")
    require(all(refund.date >= payment.date for refund in refunds), "a refund is older")
    require(not refunds or _may_be_refunded(payment), "it has refunds, so it has settled")
    documents.payments[payment.number] = payment


def _may_be_refunded(payment: Payment) -> bool:
    return payment.settled or payment.method not in UNSETTLED_METHODS


def _require_allocations(documents: Documents, payment: Payment) -> None:
    named = [invoice for invoice, _ in payment.allocations]
    require(len(set(named)) == len(named), "an invoice is named twice")
    require(sum(amount for _, amount in payment.allocations) <= payment.amount, "too much")
    for number, amount in payment.allocations:
        require(number in documents.invoices, "unknown invoice")
        owner = documents.invoices[number].customer
        require(documents.is_one(owner, payment.customer), "another customer's")
        require(amount > 0, "an allocation of nothing")


def _require_room(documents: Documents, payment: Payment, existing: Payment | None) -> None:
    """Refuse an allocation above the open balance; only an increase needs balance (ADR 12)."""
    held = dict(existing.allocations) if existing else {}
    held_net = documents.unrefunded_allocations(existing) if existing else {}
    net = documents.unrefunded_allocations(payment)
    for number, amount in payment.allocations:
        if amount > held.get(number, 0) or net[number] > held_net.get(number, 0):
            invoice = documents.invoices[number]
            require(not invoice.is_closed, "the invoice is void or cancelled")
            room = documents.open_on(invoice, besides=payment.number)
            require(amount <= room, "not so much is open")


def act_on_payment(documents: Documents, record: Record) -> None:
    """Remove, dispute or restore a payment; repeating it changes nothing."""
    require(record["payment"] in documents.payments, "unknown payment")
    payment = documents.payments[record["payment"]]
    wanted = {"remove": "removed", "dispute": "disputed", "restore": "kept"}[record["action"]]
    if payment.state == wanted:
        return
    require(payment.state != "removed", "the payment is removed")
    if wanted == "removed":
        require(not documents.refunds_of(payment.number), "the payment has refunds")
    payment.state = wanted


def feed_refund(documents: Documents, record: Record) -> None:
    """Take a refund, which nothing changes afterwards."""
    require(record["number"] not in documents.refunds, "a refund is immutable")
    require(record["payment"] in documents.payments, "unknown payment")
    payment = documents.payments[record["payment"]]
    refund = Refund(
        number=record["number"],
        payment=payment.number,
        date=datetime.date.fromisoformat(record["date"]),
        amount=cents(record["amount"]),
        method=record["method"],
        memo=record["memo"],
    )
    require(payment.state != "removed", "the payment is removed")
    require(refund.amount > 0, "a refund of nothing")
    require(refund.amount <= payment.amount - documents.refunded(payment.number), "too much")
    require(refund.date >= payment.date, "older than its payment")
    require(_may_be_refunded(payment), "not settled yet")
    documents.refunds[refund.number] = refund


def feed_credit_memo(documents: Documents, record: Record) -> None:
    """Take a credit memo, which nothing changes afterwards."""
    number = record["number"]
    require(number not in documents.credit_memos, "a credit memo is immutable")
    require(record["invoice"] in documents.invoices, "unknown invoice")
    documents.credit_memos[number] = CreditMemo(
        number, record["invoice"], datetime.date.fromisoformat(record["date"])
    )


FEEDERS = {
    "department": feed_department,
    "customer": feed_customer,
    "job": feed_job,
    "invoice": feed_invoice,
    "payment": feed_payment,
    "refund": feed_refund,
    "credit_memo": feed_credit_memo,
}
"""The types of record whose exact repetition changes nothing, and their handlers."""

ACTORS = {"invoice_action": act_on_invoice, "payment_action": act_on_payment}
"""The types of record that set a state, so that repeating them changes nothing."""
