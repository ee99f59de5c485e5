"""One invoice to look at, with its lines."""

from typing import Any, TypeVar

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from invoices.models import CreditMemo, Invoice, InvoiceDraft, InvoiceRevision

PERMISSION = "invoices.view_invoice"

Content = TypeVar("Content", InvoiceDraft, InvoiceRevision)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show an invoice: what it says, what was sent of it, and how it came to be."""
    found = get_object_or_404(Invoice.objects.select_related("customer"), pk=invoice_id)
    draft = content_of(InvoiceDraft.objects.filter(invoice=found))
    frozen = content_of(InvoiceRevision.objects.filter(pk=found.current_revision_id or 0))
    context: dict[str, Any] = {
        "invoice": found,
        "content": draft or frozen,
        "is_draft": draft is not None,
        "credit_memos": list(found.credit_memos.all()),
    }
    return render(request, "backoffice/invoices/detail.html", context)


def content_of(found: QuerySet[Content]) -> Content | None:
    """Return the first that is found, with all that the page shows of it."""
    return found.select_related("job", "department").prefetch_related("lines").first()


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def credit_memo(request: HttpRequest, credit_memo_id: int) -> HttpResponse:
    """Go to the invoice that a credit memo restates: it has no page of its own."""
    found = get_object_or_404(CreditMemo, pk=credit_memo_id)
    return redirect(reverse("invoices:detail", args=[found.invoice_id]) + "#credit-memos")
