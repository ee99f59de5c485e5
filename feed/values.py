"""Records converted to the values that services take; references become documents."""

from feed.lookups import ReferencedDocuments
from feed.records import AddressRecord, CustomerRecord, InvoiceRecord, PaymentRecord
from invoices.services.invoices import InvoiceValues, LineValues
from invoices.services.parties import AddressValues, CustomerValues
from payments.services.payments import PaymentValues


def address_values(record: AddressRecord) -> AddressValues:
    return AddressValues(
        line1=record.line1,
        line2=record.line2,
        city=record.city,
        state=record.state,
        postal_code=record.postal_code,
        country=record.country,
    )


def customer_values(record: CustomerRecord) -> CustomerValues:
    return CustomerValues(
        name=record.name,
        accounting_key=record.accounting_key,
        email=record.email,
        billing=address_values(record.billing_address or AddressRecord()),
        service=address_values(record.service_address) if record.service_address else None,
        is_tax_exempt=record.tax_exempt,
    )


def invoice_values(record: InvoiceRecord, documents: ReferencedDocuments) -> InvoiceValues:
    """Return an invoice record's values; raise FieldError for an unknown reference."""
    return InvoiceValues(
        job=documents.jobs.get_or_none(record.job, "job"),
        department=documents.departments.get_or_none(record.department, "department"),
        date=record.date,
        due_date=record.due_date,
        terms=record.terms,
        memo=record.memo,
        message=record.message,
        tax_name=record.tax.code if record.tax else "",
        tax_rate=record.tax.rate if record.tax else None,
        tax_cents=record.tax.amount if record.tax else 0,
        lines=tuple(
            LineValues(
                item=line.item,
                description=line.description,
                quantity=line.quantity,
                rate=line.rate,
                amount_cents=line.amount,
                is_taxable=line.taxable,
                class_name=line.class_name,
                service_date=line.service_date,
            )
            for line in record.lines
        ),
    )


def payment_values(record: PaymentRecord, documents: ReferencedDocuments) -> PaymentValues:
    """Return a payment record's values; raise FieldError for an unknown reference."""
    return PaymentValues(
        job=documents.jobs.get_or_none(record.job, "job"),
        date=record.date,
        method=record.method,
        reference=record.reference,
        memo=record.memo,
        amount_cents=record.amount,
        allocations=tuple(
            (
                documents.invoices.get(allocation.invoice, f"allocations[{index}].invoice"),
                allocation.amount,
            )
            for index, allocation in enumerate(record.allocations)
        ),
    )
