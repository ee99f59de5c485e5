"""The search in the header: by the number of any document."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from backoffice.search import FOUND_AT_MOST, find_documents
from sera_batching.tables import read_search

PERMISSIONS = ("invoices.view_invoice", "payments.view_payment")


@require_safe
@permission_required(PERMISSIONS, raise_exception=True)
def search(request: HttpRequest) -> HttpResponse:
    """Go to the one document of this number, or list those that have it in theirs."""
    text, problem = read_search(request.GET.get("q", ""))
    found = find_documents(text) if text else []
    if len(found) == 1:
        return redirect(found[0].url)
    context = {
        "text": text,
        "found": found,
        "most": FOUND_AT_MOST,
        "problems": ["Enter the number of a document."] if problem or not text else [],
    }
    return render(request, "backoffice/search.html", context)
