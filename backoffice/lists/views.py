"""The lists of invoices and of payments, as pages and as CSV."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.lists import invoices as invoice_list
from backoffice.lists import payments as payment_list
from backoffice.lists.filters import (
    DocumentFilterForm,
    DocumentFilters,
    InvoiceFilterForm,
    PaymentFilterForm,
)
from backoffice.lists.listing import PagedRows, in_order, totals_of
from sera_batching import audit
from sera_batching.http import company_of, origin_of
from sera_batching.spreadsheets import csv_answer
from sera_batching.tables import Sorting, page_of

NEWEST_FIRST: Final = "-added"


@dataclass(frozen=True, slots=True)
class DocumentList:
    """What one of the two lists does its own way."""

    title: str
    form: type[DocumentFilterForm]
    columns: Sequence[tuple[str, str, str]]
    balance_label: str
    sorts: Mapping[str, str]
    related: tuple[str, ...]
    rows: Callable[..., QuerySet[Any]]
    lines: Callable[[QuerySet[Any]], Iterator[str]]
    page_name: str
    downloaded: str
    """What the audit trail calls a download."""


INVOICES: Final = DocumentList(
    title="Invoices",
    form=InvoiceFilterForm,
    columns=(
        ("number", "Number", ""),
        ("date", "Date", "date"),
        ("customer", "Customer", ""),
        ("department", "Department", ""),
        ("status", "Status", ""),
        ("total", "Total", "amount"),
        ("open", "Open", "amount"),
    ),
    balance_label="Open",
    sorts=invoice_list.SORTS,
    related=invoice_list.RELATED,
    rows=invoice_list.list_invoices,
    lines=invoice_list.invoice_lines,
    page_name="invoices:list",
    downloaded="invoice.list_downloaded",
)
PAYMENTS: Final = DocumentList(
    title="Payments",
    form=PaymentFilterForm,
    columns=(
        ("number", "Number", ""),
        ("date", "Date", "date"),
        ("customer", "Customer", ""),
        ("department", "Department", ""),
        ("method", "Method", ""),
        ("reference", "Reference", ""),
        ("state", "State", ""),
        ("amount", "Amount", "amount"),
        ("open", "Not allocated", "amount"),
    ),
    balance_label="Not allocated",
    sorts=payment_list.SORTS,
    related=payment_list.RELATED,
    rows=payment_list.list_payments,
    lines=payment_list.payment_lines,
    page_name="payments:list",
    downloaded="payment.list_downloaded",
)


@require_safe
@permission_required("invoices.view_invoice", raise_exception=True)
def invoices(request: HttpRequest) -> HttpResponse:
    """List invoices, filtered and sorted as in the URL."""
    return page(request, INVOICES, "backoffice/invoices/list.html")


@require_safe
@permission_required("invoices.view_invoice", raise_exception=True)
def invoices_csv(request: HttpRequest) -> HttpResponseBase:
    """Hand out the whole list of invoices, filtered and sorted as on the page."""
    return as_csv(request, INVOICES)


@require_safe
@permission_required("payments.view_payment", raise_exception=True)
def payments(request: HttpRequest) -> HttpResponse:
    """List payments, filtered and sorted as in the URL."""
    return page(request, PAYMENTS, "backoffice/payments/list.html")


@require_safe
@permission_required("payments.view_payment", raise_exception=True)
def payments_csv(request: HttpRequest) -> HttpResponseBase:
    """Hand out the whole list of payments, filtered and sorted as on the page."""
    return as_csv(request, PAYMENTS)


def page(request: HttpRequest, kind: DocumentList, template: str) -> HttpResponse:
    """Answer with one page of a list, and the totals of all that match."""
    sorting, sort_problem = read_sorting(request, kind)
    form = kind.form(request.GET, kept={"sort": sorting.text})
    rows = kind.rows(DocumentFilters(**form.understood))
    totals = totals_of(rows)
    ordered = PagedRows(in_order(rows, sorting, kind.sorts), totals.count, kind.related)
    shown, page_problem = page_of(ordered, request.GET.get("page", ""), count=totals.count)
    context = {
        "title": kind.title,
        "form": form,
        "balance_label": kind.balance_label,
        "sorting": sorting,
        "orders": list(orders_of(kind)),
        "headers": [sorting.header(*column) for column in kind.columns],
        "page": shown,
        "totals": totals,
        "problems": [each for each in (*form.problems, sort_problem, page_problem) if each],
    }
    return render(request, template, context)


def as_csv(request: HttpRequest, kind: DocumentList) -> HttpResponseBase:
    """Answer with all that match as a CSV file, streamed and on record.

    If the URL has invalid filters, the page and the problems instead.
    """
    sorting, sort_problem = read_sorting(request, kind)
    form = kind.form(request.GET)
    if wrong := [each for each in (*form.problems, sort_problem) if each]:
        for problem in wrong:
            messages.warning(request, problem)
        return redirect(kind.page_name)
    audit.record(
        origin=origin_of(request),
        action=kind.downloaded,
        after={"filters": request.GET.urlencode()},
    )
    company = company_of(request)
    rows = in_order(kind.rows(DocumentFilters(**form.understood)), sorting, kind.sorts)
    now = timezone.now().astimezone(company.zone)
    return csv_answer(f"{kind.title} {now:%Y-%m-%d %H%M}", kind.lines(rows))


def orders_of(kind: DocumentList) -> Iterator[tuple[str, str]]:
    """Yield every order as in the URL, and in words, for screens without column headings."""
    yield from ((NEWEST_FIRST, "Newest first"), ("added", "Oldest first"))
    for key, label, _ in kind.columns:
        yield key, f"{label}, ascending"
        yield f"-{key}", f"{label}, descending"


def read_sorting(request: HttpRequest, kind: DocumentList) -> tuple[Sorting, str]:
    """Return the order of the list, and what is wrong with the URL."""
    return Sorting.read(request.GET.get("sort", ""), kind.sorts, NEWEST_FIRST)
