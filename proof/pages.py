"""The application as used through pages: an action is previewed, agreed to, and carried out."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from backoffice.actions.consequences import digest_of
from backoffice.actions.perform import (
    Document,
    Operation,
    SubmittedForm,
    perform_previewed_action,
    preview_action,
    version_of,
)
from invoices.models import Customer, Department, Invoice, Job
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.editing import edit_and_approve, save_draft
from invoices.services.invoices import approve_invoice, change_date
from invoices.services.lifecycle import (
    cancel_invoice,
    hold_invoice,
    resume_invoice,
    void_invoice,
)
from invoices.services.merging import merge_customers
from invoices.services.values import InvoiceValues, LineValues
from payments.models import Payment
from payments.services import payments
from proof.documents import Record, cents
from sera_batching.exceptions import DomainError
from sera_batching.origin import Origin

WHY: Final = "as asked"


def act(record: Record, origin: Origin) -> str:
    """Carry out an action of a page; return why it was refused, or an empty text."""
    try:
        if "customer" in record:
            _act_on_customer(record, origin)
        else:
            _act_on_document(record, origin)
    except (DomainError, Customer.DoesNotExist, Invoice.DoesNotExist, Payment.DoesNotExist) as why:
        return str(why) or type(why).__name__
    return ""


def _act_on_customer(record: Record, origin: Origin) -> None:
    customer = Customer.objects.get(number=record["customer"])
    if record["act"] == "merge":
        survivor = Customer.objects.get(number=record["into"])
        merge_customers(vanishing=customer, survivor=survivor, reason=WHY, origin=origin)
    else:
        key = record["key"]
        change_accounting_key(customer=customer, accounting_key=key, reason=WHY, origin=origin)


def _act_on_document(record: Record, origin: Origin) -> None:
    """Do as the pages do: the preview must come true, or perform_previewed_action refuses."""
    document, does = _acts(record, origin)
    version = version_of(document)
    consequences = preview_action(act=does, document=document, version=version)
    token, agreed = uuid.uuid4(), digest_of(consequences)
    url = perform_previewed_action(
        act=does,
        document=document,
        sent=SubmittedForm(token=token, version=version, agreed=agreed),
        url_of=lambda done: f"/{done.pk}/",
        origin=origin,
    )
    assert url


def _acts(record: Record, origin: Origin) -> tuple[Document | None, Operation]:
    name = record["act"]
    if "invoice" in record:
        invoice = Invoice.objects.get(number=record["invoice"])
        return invoice, _returning(invoice, _INVOICE_ACTS[name], record, origin)
    if name == "take_payment":
        return None, lambda: _take_payment(record["values"], origin)
    payment = Payment.objects.get(number=record["payment"])
    return payment, _returning(payment, _PAYMENT_ACTS[name], record, origin)


def _returning(
    document: Any, does: Callable[[Any, Record, Origin], Any], record: Record, origin: Origin
) -> Operation:
    def acted() -> Document:
        # As in a new request: nothing changed by an earlier preview is still in memory.
        found: Document = type(document).objects.get(pk=document.pk)
        does(found, record, origin)
        return found

    return acted


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _job(number: str | None) -> Job | None:
    return Job.objects.get(number=number) if number else None


def _values(record: Record) -> InvoiceValues:
    tax = record["tax"]
    department = record["department"]
    return InvoiceValues(
        job=_job(record["job"]),
        department=Department.objects.get(name=department) if department else None,
        date=datetime.date.fromisoformat(record["date"]),
        due_date=datetime.date.fromisoformat(record["due_date"]),
        terms=record["terms"],
        memo=record["memo"],
        message=record["message"],
        tax_name=tax["code"] if tax else "",
        tax_rate=Decimal(tax["rate"]) if tax else None,
        tax_cents=cents(tax["amount"]) if tax else 0,
        lines=tuple(
            LineValues(
                item=line["item"],
                description=line["description"],
                quantity=Decimal(line["quantity"]),
                rate=Decimal(line["rate"]),
                amount_cents=cents(line["amount"]),
                is_taxable=line["taxable"],
                class_name=line["class"],
                service_date=_day(line["service_date"]),
            )
            for line in record["lines"]
        ),
    )


def _edit_and_approve(invoice: Invoice, record: Record, origin: Origin) -> None:
    edit_and_approve(
        invoice=invoice,
        values=_values(record["values"]),
        reason=WHY,
        origin=origin,
        approval_date=_day(record["date"]),
    )


def _take_payment(values: Record, origin: Origin) -> Payment:
    return payments.take_payment(
        number=values["number"],
        customer=Customer.objects.get(number=values["customer"]),
        values=payments.PaymentValues(
            job=_job(values["job"]),
            date=datetime.date.fromisoformat(values["date"]),
            method=values["method"],
            reference=values["reference"],
            memo=values["memo"],
            amount_cents=cents(values["amount"]),
            allocations=tuple(
                (Invoice.objects.get(number=each["invoice"]), cents(each["amount"]))
                for each in values["allocations"]
            ),
        ),
        is_settled=values["settled"],
        origin=origin,
    )


def _reallocate(payment: Payment, record: Record, origin: Origin) -> None:
    allocations = tuple(
        (Invoice.objects.get(number=each["invoice"]), each["cents"])
        for each in record["allocations"]
    )
    payments.reallocate_payment(payment=payment, allocations=allocations, reason=WHY, origin=origin)


def _settle(payment: Payment, _: Record, origin: Origin) -> None:
    payments.change_payment(
        payment=payment,
        values=payments.payment_values(payment),
        is_settled=True,
        reason=WHY,
        origin=origin,
    )


def _refund(payment: Payment, record: Record, origin: Origin) -> None:
    values = record["values"]
    payments.record_refund(
        number=values["number"],
        payment=payment,
        date=datetime.date.fromisoformat(values["date"]),
        amount_cents=cents(values["amount"]),
        method=values["method"],
        memo=values["memo"],
        origin=origin,
    )


_INVOICE_ACTS: Final[dict[str, Callable[[Invoice, Record, Origin], Any]]] = {
    "save_draft": lambda invoice, record, origin: save_draft(
        invoice=invoice, values=_values(record["values"]), reason=WHY, origin=origin
    ),
    "edit_and_approve": _edit_and_approve,
    "approve": lambda invoice, record, origin: approve_invoice(
        invoice=invoice, reason=WHY, origin=origin, approval_date=_day(record["date"])
    ),
    "edit_date": lambda invoice, record, origin: change_date(
        invoice=invoice,
        date=datetime.date.fromisoformat(record["date"]),
        reason=WHY,
        origin=origin,
    ),
    "void": lambda invoice, _, origin: void_invoice(invoice=invoice, note=WHY, origin=origin),
    "cancel": lambda invoice, _, origin: cancel_invoice(invoice=invoice, reason=WHY, origin=origin),
    "do_not_batch": lambda invoice, _, origin: hold_invoice(
        invoice=invoice, note=WHY, origin=origin
    ),
    "resume_batching": lambda invoice, _, origin: resume_invoice(invoice=invoice, origin=origin),
}
_PAYMENT_ACTS: Final[dict[str, Callable[[Payment, Record, Origin], Any]]] = {
    "reallocate": _reallocate,
    "settle": _settle,
    "refund": _refund,
    "dispute": lambda payment, _, origin: payments.dispute_payment(
        payment=payment, note=WHY, origin=origin
    ),
    "restore": lambda payment, _, origin: payments.restore_payment(
        payment=payment, note=WHY, origin=origin
    ),
    "remove": lambda payment, _, origin: payments.remove_payment(
        payment=payment, note=WHY, origin=origin
    ),
}
