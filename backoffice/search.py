"""Finding any document by its number, for the search in the header."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from invoices.models import CreditMemo, Invoice
from payments.models import Payment, Refund
from sera_batching.filters import SearchForm

FOUND_AT_MOST: Final = 50
"""Per kind; a search that finds more needs a longer number."""

PERMISSIONS = ("invoices.view_invoice", "payments.view_payment")


@dataclass(frozen=True, slots=True)
class Found:
    """A document that the search found."""

    kind: str
    number: str
    customer: str
    url: str


def find_documents(text: str) -> list[Found]:
    """Return the documents with this number, case ignored; if none, those with it in theirs.

    At most FOUND_AT_MOST of each kind; four statements, or eight.
    """
    return _find(text, is_exact=True) or _find(text, is_exact=False)


def _find(text: str, *, is_exact: bool) -> list[Found]:
    kinds: tuple[tuple[str, QuerySet[Any], str, str], ...] = (
        ("Invoice", Invoice.objects.all(), "customer", "invoices:detail"),
        (
            "Credit memo",
            CreditMemo.objects.all(),
            "invoice__customer",
            "invoices:credit_memo",
        ),
        ("Payment", Payment.objects.all(), "customer", "payments:detail"),
        ("Refund", Refund.objects.all(), "payment__customer", "payments:refund"),
    )
    # The exact match uses the index on lower(number) that each of these has.
    condition = Q(folded=Lower(Value(text))) if is_exact else Q(number__icontains=text)
    return [
        Found(kind, number, customer, reverse(page, args=[pk]))
        for kind, documents, whose, page in kinds
        for pk, number, customer in documents.alias(folded=Lower("number"))
        .filter(condition)
        .order_by("number")
        .values_list("pk", "number", _name_today(whose))[:FOUND_AT_MOST]
    ]


def _name_today(whose: str) -> Coalesce:
    """Return the customer's name; after a merge the survivor's (ADR 21)."""
    return Coalesce(f"{whose}__merged_into__name", f"{whose}__name")


@require_safe
@permission_required(PERMISSIONS, raise_exception=True)
def search(request: HttpRequest) -> HttpResponse:
    """Go to the one document of this number, or list those that have it in theirs."""
    text = SearchForm(request.GET).understood.get("text", "")
    found = find_documents(text) if text else []
    if len(found) == 1:
        return redirect(found[0].url)
    context = {
        "text": text,
        "found": found,
        "most": FOUND_AT_MOST,
        "problems": ["Enter the number of a document."] if not text else [],
    }
    return render(request, "backoffice/search.html", context)
