"""Customers: the list, one with its documents and their state in the books, its key, a merge."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from backoffice.customers.forms import AccountingKeyForm, MergeForm
from backoffice.customers.listing import (
    DOCUMENTS,
    SORTS,
    CustomerFilterForm,
    count_documents,
    customer_lines,
    documents_of,
    events_about,
    follow_ups_about,
    lines_of_documents,
    list_customers,
    sent_under,
)
from invoices.models import Customer
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.merging import merge_customers
from payments.balances import balances_of
from sera_batching import audit
from sera_batching.audit.listing import lines_of
from sera_batching.filters import SearchForm
from sera_batching.http import company_of, origin_of
from sera_batching.spreadsheets import csv_answer
from sera_batching.tables import Sorting, page_of, read_choice
from sera_batching.views.answers import carry_out

PERMISSION: Final = "invoices.view_invoice"
COLUMNS: Final = (
    ("name", "Name", ""),
    ("number", "Number", ""),
    ("key", "In QuickBooks", ""),
    ("created", "Added", "date"),
)
FOLLOW_UPS_SHOWN: Final = 10
CANDIDATES_SHOWN: Final = 20
SENT_SHOWN: Final = 20


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def customers(request: HttpRequest) -> HttpResponse:
    """List customers with what they owe, narrowed by a part of number, name, key or e-mail."""
    sorting, sort_problem = Sorting.read(request.GET.get("sort", ""), SORTS, "name")
    form = CustomerFilterForm(request.GET, kept={"sort": sorting.text})
    found = list_customers(sort=sorting.key, is_descending=sorting.is_descending, **form.understood)
    page, page_problem = page_of(found, request.GET.get("page", ""))
    shown = list(page.object_list)
    balances = balances_of(shown)
    context = {
        "title": "Customers",
        "page": page,
        "rows": [(customer, balances[customer.pk]) for customer in shown],
        "form": form,
        "headers": [sorting.header(*column) for column in COLUMNS],
        "problems": [one for one in (*form.problems, sort_problem, page_problem) if one],
    }
    return render(request, "backoffice/customers/list.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def customers_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Download every customer that matches; the download is in the audit trail."""
    form = CustomerFilterForm(request.GET)
    if form.problems:
        for problem in form.problems:
            messages.warning(request, problem)
        return redirect("backoffice:customers")
    audit.record(origin=origin_of(request), action="customer.list_downloaded")
    now = timezone.now().astimezone(company_of(request).zone)
    return csv_answer(
        f"Customers {now:%Y-%m-%d %H%M}", customer_lines(list_customers(**form.understood))
    )


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show a customer: addresses, key, documents as the books have them, follow-ups, history."""
    found = get_object_or_404(Customer.objects.select_related("merged_into"), pk=customer_id)
    kind, kind_problem = read_choice(request.GET.get("show", ""), DOCUMENTS)
    kind = kind or next(iter(DOCUMENTS))
    counts = count_documents(found)
    page, page_problem = page_of(
        documents_of(found, kind), request.GET.get("page", ""), count=counts[kind]
    )
    survivor = found.survivor
    context = {
        "customer": found,
        "merged": found.merged.order_by("name", "number"),
        "balance_cents": balances_of([survivor])[survivor.pk],
        "kind": kind,
        "kinds": [(name, label, counts[name]) for name, label in DOCUMENTS.items()],
        "page": page,
        "lines": lines_of_documents(kind, list(page.object_list)),
        "follow_ups": follow_ups_about(found)[:FOLLOW_UPS_SHOWN],
        "events": lines_of(events_about(found)),
        "problems": [one for one in (kind_problem, page_problem) if one],
    }
    return render(request, "backoffice/customers/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("invoices.change_accounting_key", raise_exception=True)
def customer_key(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Give a customer another accounting key, with a reason, once QuickBooks has it, too."""
    found = get_object_or_404(Customer, pk=customer_id, merged_into__isnull=True)
    form = AccountingKeyForm(request.POST or None, initial={"accounting_key": found.accounting_key})
    if form.is_valid():
        values, origin = form.cleaned_data, origin_of(request)
        is_done = carry_out(
            request,
            lambda: change_accounting_key(
                customer=found,
                accounting_key=values["accounting_key"],
                reason=values["reason"],
                origin=origin,
            ),
            done=f"The accounting key is now “{values['accounting_key']}”.",
        )
        if is_done:
            return redirect("backoffice:customer", found.pk)
        found.refresh_from_db()
    context = {"customer": found, "form": form, "sent_count": sent_under(found).count()}
    return render(
        request, "backoffice/customers/key.html", context, status=422 if form.is_bound else 200
    )


@require_safe
@permission_required("invoices.merge_customers", raise_exception=True)
def customer_merge(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Find the customer whom to merge this one into."""
    found = get_object_or_404(Customer, pk=customer_id, merged_into__isnull=True)
    form = SearchForm(request.GET)
    text = form.understood.get("text", "")
    candidates = list_customers(text=text).exclude(pk=found.pk)[:CANDIDATES_SHOWN] if text else []
    context = {
        "customer": found,
        "text": text,
        "candidates": candidates,
        "problems": form.problems,
    }
    return render(request, "backoffice/customers/merge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("invoices.merge_customers", raise_exception=True)
def customer_merge_into(request: HttpRequest, customer_id: int, survivor_id: int) -> HttpResponse:
    """Show both customers and what was sent under the name that vanishes; merge them."""
    found = get_object_or_404(Customer.objects.select_related("merged_into"), pk=customer_id)
    survivor = get_object_or_404(Customer, pk=survivor_id)
    form = MergeForm(request.POST or None)
    if form.is_valid():
        reason, origin = form.cleaned_data["reason"], origin_of(request)
        is_done = carry_out(
            request,
            lambda: merge_customers(
                vanishing=found, survivor=survivor, reason=reason, origin=origin
            ),
            done=f"{found} was merged into {survivor}.",
        )
        if is_done:
            return redirect("backoffice:customer", survivor.pk)
    sent = sent_under(found)
    context = {
        "customer": found,
        "survivor": survivor,
        "form": form,
        "sent": sent[:SENT_SHOWN],
        "sent_count": sent.count(),
        "more_count": max(sent.count() - SENT_SHOWN, 0),
        "counts": [(DOCUMENTS[kind], count) for kind, count in count_documents(found).items()],
    }
    return render(
        request,
        "backoffice/customers/merge_into.html",
        context,
        status=422 if form.is_bound else 200,
    )
