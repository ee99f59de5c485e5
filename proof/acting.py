"""What people may do on pages with the documents of the model (domain.md §3, §7, §9)."""

import dataclasses
import datetime
from collections.abc import Callable
from typing import Final

from proof.documents import Content, Documents, Invoice, Payment, Record, require
from proof.feeding import (
    act_on_invoice,
    act_on_payment,
    content_of,
    feed_payment,
    feed_refund,
    put_payment,
)


def act_on_page(documents: Documents, record: Record) -> None:
    """Carry out an action of a page, or refuse it."""
    _ACTS[record["act"]](documents, record)


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _dated(content: Content, day: datetime.date) -> Content:
    """Return the content with another date; the due date moves along, for the terms stay."""
    due_date = content.due_date + (day - content.date)
    return dataclasses.replace(content, date=day, due_date=due_date)


def _find_invoice(documents: Documents, record: Record) -> Invoice:
    require(record["invoice"] in documents.invoices, "unknown invoice")
    return documents.invoices[record["invoice"]]


def _find_payment(documents: Documents, record: Record) -> Payment:
    require(record["payment"] in documents.payments, "unknown payment")
    return documents.payments[record["payment"]]


def _save_draft(documents: Documents, record: Record) -> None:
    invoice = _find_invoice(documents, record)
    require(not invoice.is_closed, "the invoice is void or cancelled")
    content = content_of(record["values"])
    if content.job is not None:
        require(content.job in documents.jobs, "unknown job")
        job = documents.jobs[content.job]
        require(documents.is_one(job.customer, invoice.customer), "the job is another customer's")
        require(not job.imported, "it did not originate here")
    require(content.total >= 0, "the total is negative")
    invoice.draft = content
    invoice.state = "pending"


def _approve(documents: Documents, record: Record) -> None:
    invoice = _find_invoice(documents, record)
    require(not invoice.is_closed, "the invoice is void or cancelled")
    if invoice.state == "pending":
        if record["date"] is not None:
            invoice.draft = _dated(invoice.draft, _day(record["date"]))
        invoice.state = "finalized"
        invoice.frozen = invoice.draft


def _edit_and_approve(documents: Documents, record: Record) -> None:
    _save_draft(documents, record)
    _approve(documents, record)


def _edit_date(documents: Documents, record: Record) -> None:
    invoice = _find_invoice(documents, record)
    require(invoice.state == "finalized", "only a finalized invoice is dated")
    assert invoice.frozen is not None
    invoice.draft = invoice.frozen = _dated(invoice.frozen, _day(record["date"]))


def _decide_on_invoice(documents: Documents, record: Record) -> None:
    act_on_invoice(documents, {**record, "action": record["act"]})


def _decide_on_payment(documents: Documents, record: Record) -> None:
    act_on_payment(documents, {**record, "action": record["act"]})


def _take_payment(documents: Documents, record: Record) -> None:
    taken = {number.lower() for number in documents.payments}
    require(record["values"]["number"].lower() not in taken, "the number is in use")
    feed_payment(documents, record["values"])


def _reallocate(documents: Documents, record: Record) -> None:
    payment = _find_payment(documents, record)
    allocations = tuple((each["invoice"], each["cents"]) for each in record["allocations"])
    put_payment(documents, dataclasses.replace(payment, allocations=allocations))


def _settle(documents: Documents, record: Record) -> None:
    payment = _find_payment(documents, record)
    put_payment(documents, dataclasses.replace(payment, settled=True))


def _refund(documents: Documents, record: Record) -> None:
    feed_refund(documents, record["values"])


def _change_key(documents: Documents, record: Record) -> None:
    customer = documents.customers[record["customer"]]
    require(customer.merged_into is None, "it was merged into another")
    key = record["key"]
    for other in documents.customers.values():
        require(other is customer or other.key.lower() != key.lower(), "the key is in use")
    customer.key = key


def _merge(documents: Documents, record: Record) -> None:
    """Merge one customer into another permanently; repeating it changes nothing (ADR 21)."""
    vanishing = documents.customers[record["customer"]]
    survivor = documents.customers[record["into"]]
    require(vanishing is not survivor, "one customer")
    require(survivor.merged_into is None, "it was merged into another")
    require(vanishing.merged_into in (None, survivor.number), "it was merged into another")
    for customer in documents.customers.values():
        if vanishing.number in (customer.number, customer.merged_into):
            customer.merged_into = survivor.number


_ACTS: Final[dict[str, Callable[[Documents, Record], None]]] = {
    "save_draft": _save_draft,
    "edit_and_approve": _edit_and_approve,
    "approve": _approve,
    "edit_date": _edit_date,
    "void": _decide_on_invoice,
    "cancel": _decide_on_invoice,
    "do_not_batch": _decide_on_invoice,
    "resume_batching": _decide_on_invoice,
    "take_payment": _take_payment,
    "reallocate": _reallocate,
    "settle": _settle,
    "dispute": _decide_on_payment,
    "restore": _decide_on_payment,
    "remove": _decide_on_payment,
    "refund": _refund,
    "change_key": _change_key,
    "merge": _merge,
}
