"""Editing an invoice, with totals; saved as a draft or approved at once."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice.actions.flow import ActionPage, Values, carry_out, show
from backoffice.actions.invoice_form import APPROVE, DRAFT, InvoiceEditForm
from backoffice.actions.invoice_lines import MOST_LINES, PREFIX
from backoffice.actions.pages import METHODS, find_document, page_of
from backoffice.actions.perform import Operation
from invoices.models import Invoice, InvoiceDraft
from invoices.services.editing import edit_and_approve, save_draft
from invoices.services.values import InvoiceValues, values_of
from invoices.taxes import taxable_cents
from sera_batching.origin import Origin


@require_http_methods(METHODS)
@never_cache
@permission_required("invoices.edit_invoice", raise_exception=True)
def invoice_edit(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show the lines; add or remove lines, recalculate; save a draft, or approve."""
    invoice = find_document(Invoice, invoice_id)
    before = content_of(invoice)
    page = edit_page(request, invoice, before)
    if request.method == "POST" and (typed := changed_lines(request)) is not None:
        form = InvoiceEditForm(
            None, invoice=invoice, before=before, today=timezone.localdate(), typed=typed
        )
        return show(request, page, form, seen=[])
    return carry_out(request, page)


def content_of(invoice: Invoice) -> InvoiceValues:
    """Return the invoice's content: its draft, or else its newest revision."""
    drafts = InvoiceDraft.objects.select_related("job", "department").prefetch_related("lines")
    draft = drafts.filter(invoice=invoice).first()
    if draft is not None:
        return values_of(draft)
    if invoice.current_revision is None:
        raise ValueError(f"Invoice {invoice.number} has neither draft nor revision.")
    return values_of(invoice.current_revision)


def edit_page(request: HttpRequest, invoice: Invoice, before: InvoiceValues) -> ActionPage:
    """Return the page; which of its two acts is sent, its button or hidden field says."""
    today = timezone.localdate()
    is_approval = then_of(request) == APPROVE

    def form(data: QueryDict | None) -> InvoiceEditForm:
        if data is not None:
            data = data.copy()
            data["then"] = then_of(request)
        return InvoiceEditForm(data, invoice=invoice, before=before, today=today)

    def act(values: Values, origin: Origin) -> Operation:
        arguments: dict[str, Any] = {
            "invoice": invoice,
            "values": values["values"],
            "reason": values["reason"],
            "origin": origin,
        }
        if values["then"] == DRAFT:
            return lambda: save_draft(**arguments)
        approval_date = today if invoice.current_revision_id else None
        return lambda: edit_and_approve(**arguments, approval_date=approval_date)

    return page_of(
        invoice,
        "Approve" if is_approval else "Save as draft",
        heading=f"Edit invoice {invoice.number}",
        act=act,
        assumed=None,
        form=form,
        done=f"Invoice {invoice.number} was approved with your changes."
        if is_approval
        else f"The draft of invoice {invoice.number} was saved. It is not approved yet.",
        template="backoffice/actions/invoice_edit.html",
        extra={
            "then": then_of(request),
            "before": before,
            "before_taxable_cents": taxable_cents(before.lines),
            "most_lines": MOST_LINES,
            "has_too_many_lines": len(before.lines) > MOST_LINES,
        },
    )


def then_of(request: HttpRequest) -> str:
    """Return what the form asks for: its button says so, or the page that was looked at."""
    step = request.POST.get("step", "")
    if step in (DRAFT, APPROVE):
        return step
    return DRAFT if request.POST.get("then") == DRAFT else APPROVE


def changed_lines(request: HttpRequest) -> QueryDict | None:
    """Return the input with a line added or removed, if one of those buttons was pressed."""
    step, _, index = request.POST.get("step", "").partition(":")
    if step not in ("add", "drop"):
        return None
    data = request.POST.copy()
    try:
        count = int(data.get(f"{PREFIX}-TOTAL_FORMS", "0"))
        dropped = int(index) if step == "drop" else count
    except ValueError:
        return data
    if step == "add":
        data[f"{PREFIX}-TOTAL_FORMS"] = str(min(count + 1, MOST_LINES))
    elif 0 <= dropped < count <= MOST_LINES:
        _close_gap(data, dropped, count)
    return data


def _close_gap(data: QueryDict, dropped: int, count: int) -> None:
    """Move the lines after the removed one up by one position."""
    for index in range(dropped, count):
        for key in [key for key in data if key.startswith(f"{PREFIX}-{index}-")]:
            del data[key]
        behind = f"{PREFIX}-{index + 1}-"
        for key in [key for key in data if key.startswith(behind)]:
            data[f"{PREFIX}-{index}-{key.removeprefix(behind)}"] = str(data[key])
    data[f"{PREFIX}-TOTAL_FORMS"] = str(count - 1)
