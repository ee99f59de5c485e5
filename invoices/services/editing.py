"""Editing an invoice on a page: saved as a draft, or approved at once."""

import datetime

from django.db import transaction

from invoices.models import Invoice
from invoices.services.freezing import lock_job_of
from invoices.services.invoices import approve_invoice, edit_draft
from invoices.services.lifecycle import unlock_invoice
from invoices.services.values import InvoiceValues
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action
from sera_batching.origin import Origin


@retry_when_given_up
def save_draft(*, invoice: Invoice, values: InvoiceValues, reason: str, origin: Origin) -> Invoice:
    """Unlock the invoice if it is finalized, and make these values its draft (domain.md §7).

    Raises Refused for a void or cancelled invoice and for values that edit_draft refuses.
    """
    with document_action(origin=origin, permission="invoices.edit_invoice"):
        lock_job_of(values)
        unlock_invoice(invoice=invoice, reason=reason, origin=origin)
        return edit_draft(invoice=invoice, values=values, origin=origin)


@retry_when_given_up
def edit_and_approve(
    *,
    invoice: Invoice,
    values: InvoiceValues,
    reason: str,
    origin: Origin,
    approval_date: datetime.date | None,
) -> Invoice:
    """Save these values as the draft and approve it, in one transaction.

    `approval_date` (company time zone) becomes the invoice's date; None keeps the values' own.
    Raises Refused for what save_draft and approve_invoice refuse.
    """
    with transaction.atomic():
        save_draft(invoice=invoice, values=values, reason=reason, origin=origin)
        approve_invoice(invoice=invoice, reason=reason, origin=origin, approval_date=approval_date)
        return invoice
