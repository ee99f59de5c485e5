"""What a record does: each type calls the services of its documents (feed.md, Records)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from accounting.batches.opening import put_in_opening_batch
from feed.fields import FieldError
from feed.lookups import LookupTable, ReferencedDocuments
from feed.records import (
    BatchedBeforeRecord,
    CreditMemoRecord,
    CustomerRecord,
    DepartmentRecord,
    DocumentRecord,
    InvoiceActionRecord,
    InvoiceRecord,
    JobRecord,
    PaymentActionRecord,
    PaymentRecord,
    Record,
    RefundRecord,
)
from feed.values import customer_values, invoice_values, payment_values
from invoices.models import CreditMemo, Customer, Department, Invoice, Job
from invoices.services.freezing import lock_job_of
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_invoice,
    create_invoice,
    edit_draft,
    hold_invoice,
    record_credit_memo,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.services.parties import (
    DepartmentValues,
    save_customer,
    save_department,
    save_job,
)
from invoices.services.survivors import is_same_customer
from payments.models import Payment, Refund
from payments.services.payments import (
    change_payment,
    dispute_payment,
    record_refund,
    remove_payment,
    restore_payment,
    take_payment,
)
from sera_batching.models import Fed
from sera_batching.origin import Origin


class Outcome(Enum):
    """The result of a line that was not refused, as in the report."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyContext:
    """The context for applying a record."""

    documents: ReferencedDocuments
    origin: Origin
    digest: str = ""


def is_unchanged(record: Record, documents: ReferencedDocuments) -> bool:
    """Return whether the record equals the last one fed for its document (feed.md, Rules)."""
    if not isinstance(record, DocumentRecord):
        return False
    document = documents.find_fed(record)
    return document is not None and document.fed_digest == record.digest()


def apply_record(record: Record, *, documents: ReferencedDocuments, origin: Origin) -> Outcome:
    """Apply a new or changed record in the caller's savepoint.

    Raises FieldError for an unknown reference, DomainError for what a rule refuses.
    """
    if not isinstance(record, DocumentRecord):
        work = ApplyContext(documents=documents, origin=origin)
        return Outcome.CHANGED if _ACTIONS[type(record)](record, work) else Outcome.UNCHANGED
    work = ApplyContext(documents=documents, origin=origin, digest=record.digest())
    existing = documents.find_fed(record)
    documents.put_fed(_SAVERS[type(record)](record, existing, work), record)
    return Outcome.CREATED if existing is None else Outcome.CHANGED


def _save_department(
    record: DepartmentRecord, _: Department | None, work: ApplyContext
) -> Department:
    values = DepartmentValues(
        name=record.name,
        timezone=record.timezone,
        default_item=record.default_item,
        default_class=record.default_class,
        terms=record.terms,
        is_archived=record.archived,
    )
    return save_department(values=values, origin=work.origin, fed_digest=work.digest)


def _save_customer(record: CustomerRecord, _: Customer | None, work: ApplyContext) -> Customer:
    return save_customer(
        number=record.number,
        values=customer_values(record),
        origin=work.origin,
        fed_digest=work.digest,
    )


def _save_job(record: JobRecord, existing: Job | None, work: ApplyContext) -> Job:
    customer = work.documents.customer_of(record.customer)
    _require_same_customer(existing, customer)
    return save_job(
        number=record.number,
        customer=customer,
        department=work.documents.departments.get_or_none(record.department, "department"),
        is_imported=record.imported,
        origin=work.origin,
        fed_digest=work.digest,
    )


def _save_invoice(record: InvoiceRecord, existing: Invoice | None, work: ApplyContext) -> Invoice:
    customer = work.documents.customer_of(record.customer)
    _require_same_customer(existing, customer)
    values = invoice_values(record, work.documents)
    is_finalized = record.status == "finalized"
    origin, digest = work.origin, work.digest
    invoice = existing
    if invoice is None:
        invoice = create_invoice(
            number=record.number, customer=customer, values=values, origin=origin, fed_digest=digest
        )
    elif invoice.status == Invoice.Status.FINALIZED and is_finalized:
        change_invoice(invoice=invoice, values=values, reason="", origin=origin, fed_digest=digest)
        return invoice
    else:
        lock_job_of(values)
        unlock_invoice(invoice=invoice, reason="", origin=origin, fed_digest=digest)
        edit_draft(invoice=invoice, values=values, origin=origin, fed_digest=digest)
    if is_finalized:
        approve_invoice(invoice=invoice, reason="", origin=origin, fed_digest=digest)
    return invoice


def _save_payment(record: PaymentRecord, existing: Payment | None, work: ApplyContext) -> Payment:
    customer = work.documents.customer_of(record.customer)
    _require_same_customer(existing, customer)
    values = payment_values(record, work.documents)
    if existing is None:
        return take_payment(
            number=record.number,
            customer=customer,
            values=values,
            is_settled=record.settled,
            origin=work.origin,
            fed_digest=work.digest,
        )
    return change_payment(
        payment=existing,
        values=values,
        is_settled=record.settled,
        reason="",
        origin=work.origin,
        fed_digest=work.digest,
    )


def _save_refund(record: RefundRecord, existing: Refund | None, work: ApplyContext) -> Refund:
    _require_new(existing, "refund")
    return record_refund(
        number=record.number,
        payment=work.documents.payments.get(record.payment, "payment"),
        date=record.date,
        amount_cents=record.amount,
        method=record.method,
        memo=record.memo,
        origin=work.origin,
        fed_digest=work.digest,
    )


def _save_credit_memo(
    record: CreditMemoRecord, existing: CreditMemo | None, work: ApplyContext
) -> CreditMemo:
    _require_new(existing, "credit memo")
    return record_credit_memo(
        number=record.number,
        invoice=work.documents.invoices.get(record.invoice, "invoice"),
        date=record.date,
        origin=work.origin,
        fed_digest=work.digest,
    )


def _act_on_invoice(record: InvoiceActionRecord, work: ApplyContext) -> bool:
    invoice = work.documents.invoices.get(record.invoice, "invoice")
    before = invoice.status, invoice.is_on_hold
    match record.action:
        case "do_not_batch":
            hold_invoice(invoice=invoice, note=record.note, origin=work.origin)
        case "resume_batching":
            resume_invoice(invoice=invoice, origin=work.origin)
        case "void":
            void_invoice(invoice=invoice, note=record.note, origin=work.origin)
        case "cancel":
            cancel_invoice(invoice=invoice, reason=record.note, origin=work.origin)
    return before != (invoice.status, invoice.is_on_hold)


def _act_on_payment(record: PaymentActionRecord, work: ApplyContext) -> bool:
    payment = work.documents.payments.get(record.payment, "payment")
    before = payment.state
    services = {
        "remove": remove_payment,
        "dispute": dispute_payment,
        "restore": restore_payment,
    }
    services[record.action](payment=payment, note=record.note, origin=work.origin)
    return before != payment.state


def _put_in_opening_batch(record: BatchedBeforeRecord, work: ApplyContext) -> bool:
    documents = work.documents
    shelves: dict[str, LookupTable[Any]] = {
        "invoice": documents.invoices,
        "payment": documents.payments,
        "refund": documents.refunds,
    }
    document = shelves[record.kind].get(record.number, "number")
    return put_in_opening_batch(document=document, origin=work.origin)


def _require_same_customer(existing: Job | Invoice | Payment | None, customer: Customer) -> None:
    if existing is not None and not is_same_customer(existing.customer, customer):
        noun = existing._meta.verbose_name
        raise FieldError(
            f"{noun} {existing} belongs to another customer, and that can't change; send it "
            "with its own customer",
            "customer",
        )


def _require_new(existing: Refund | CreditMemo | None, noun: str) -> None:
    if existing is not None:
        raise FieldError(
            f"{noun} {existing} is already recorded with different content and can't change; "
            "send another number",
            "number",
        )


_SAVERS: Final[dict[type[Record], Callable[[Any, Any, ApplyContext], Fed]]] = {
    DepartmentRecord: _save_department,
    CustomerRecord: _save_customer,
    JobRecord: _save_job,
    InvoiceRecord: _save_invoice,
    PaymentRecord: _save_payment,
    RefundRecord: _save_refund,
    CreditMemoRecord: _save_credit_memo,
}
_ACTIONS: Final[dict[type[Record], Callable[[Any, ApplyContext], bool]]] = {
    InvoiceActionRecord: _act_on_invoice,
    PaymentActionRecord: _act_on_payment,
    BatchedBeforeRecord: _put_in_opening_batch,
}
