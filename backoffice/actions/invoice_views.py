"""Actions on an invoice that need only a reason or a date (domain.md §7)."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.actions.flow import Values, carry_out
from backoffice.actions.forms import DateForm, EmptyForm, NoteForm
from backoffice.actions.pages import METHODS, find_document, page_of
from backoffice.actions.perform import Operation
from invoices.models import Invoice
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    hold_invoice,
    resume_invoice,
    void_invoice,
)
from sera_batching.origin import Origin


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.approve_invoice", raise_exception=True)
def invoice_approve(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Approve a pending invoice without a signature, or an unlocked one again."""
    invoice = find_document(Invoice, invoice_id)

    def act(values: Values, origin: Origin) -> Operation:
        # Read from the database inside: somebody may have approved it meanwhile.
        def approve() -> Invoice:
            approve_invoice(
                invoice=invoice,
                reason=values["reason"],
                origin=origin,
                approval_date=timezone.localdate() if invoice.is_unlocked else None,
            )
            return invoice

        return approve

    explanation = (
        "It was approved before, so its date becomes today and its due date moves with it."
        if invoice.is_unlocked
        else "It is finalized from its draft without a signature, and keeps its date."
    )
    page = page_of(
        invoice,
        "Approve",
        act=act,
        done=f"Invoice {invoice.number} was approved.",
        explanation=explanation,
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.edit_invoice", raise_exception=True)
def invoice_date(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Give a finalized invoice another date."""
    invoice = find_document(Invoice, invoice_id)

    def act(values: Values, origin: Origin) -> Operation:
        def change() -> Invoice:
            change_date(
                invoice=invoice, date=values["date"], reason=values["reason"], origin=origin
            )
            return invoice

        return change

    revision = invoice.current_revision
    page = page_of(
        invoice,
        "Edit date",
        act=act,
        assumed=None,
        form=lambda data: DateForm(data, initial={"date": revision.date if revision else None}),
        done=f"The date of invoice {invoice.number} was changed.",
        explanation="The due date moves with it, because the terms stay the same.",
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.void_invoice", raise_exception=True)
def invoice_void(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Void a finalized invoice, permanently."""
    invoice = find_document(Invoice, invoice_id)
    page = page_of(
        invoice,
        "Void",
        act=lambda values, origin: (
            lambda: void_invoice(invoice=invoice, note=values["reason"], origin=origin)
        ),
        form=NoteForm,
        done=f"Invoice {invoice.number} was voided.",
        explanation="All money on it must be refunded first.",
        is_final=True,
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.cancel_invoice", raise_exception=True)
def invoice_cancel(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Cancel an invoice, permanently."""
    invoice = find_document(Invoice, invoice_id)
    page = page_of(
        invoice,
        "Cancel invoice",
        heading=f"Cancel invoice {invoice.number}",
        act=lambda values, origin: (
            lambda: cancel_invoice(invoice=invoice, reason=values["reason"], origin=origin)
        ),
        done=f"Invoice {invoice.number} was cancelled.",
        explanation="No money may be left on it.",
        is_final=True,
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.hold_invoice", raise_exception=True)
def invoice_hold(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Do Not Batch: hold an invoice and its payments back."""
    invoice = find_document(Invoice, invoice_id)
    page = page_of(
        invoice,
        "Do Not Batch",
        act=lambda values, origin: (
            lambda: hold_invoice(invoice=invoice, note=values["reason"], origin=origin)
        ),
        form=NoteForm,
        done=f"Invoice {invoice.number} and its payments are held back.",
        explanation="It and its payments stay out of every batch until batching is resumed.",
    )
    return carry_out(request, page)


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.hold_invoice", raise_exception=True)
def invoice_resume(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Resume Batching: release an invoice and its payments."""
    invoice = find_document(Invoice, invoice_id)
    page = page_of(
        invoice,
        "Resume Batching",
        act=lambda _, origin: lambda: resume_invoice(invoice=invoice, origin=origin),
        assumed={},
        form=EmptyForm,
        done=f"Invoice {invoice.number} and its payments can be batched again.",
    )
    return carry_out(request, page)
