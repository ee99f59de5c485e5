"""What pages of actions share: finding the document, and the page's basic parts."""

from typing import Any, Final, TypeVar

from django.shortcuts import get_object_or_404

from backoffice.actions.flow import ActionPage, url_of
from backoffice.actions.forms import NoteForm, ReasonForm
from invoices.models import Invoice
from payments.models import Payment

Document = TypeVar("Document", Invoice, Payment)

METHODS: Final = ["GET", "HEAD", "POST"]
ASSUMED_REASON: Final = {"reason": "–"}


def find_document(model: type[Document], document_id: int) -> Document:
    """Return the invoice or payment of this id; Http404 if there is none."""
    documents = model._default_manager.select_related("customer", "current_revision")
    return get_object_or_404(documents, pk=document_id)


def page_of(document: Invoice | Payment, verb: str, **values: Any) -> ActionPage:
    """Return the page of an action on this document, named by its verb.

    By default an invoice needs a reason, and a payment may have a note.
    """
    is_invoice = isinstance(document, Invoice)
    return ActionPage(
        **{
            "document": document,
            "heading": f"{verb}: {'invoice' if is_invoice else 'payment'} {document.number}",
            "verb": verb,
            "back": url_of(document),
            "assumed": ASSUMED_REASON,
            "form": ReasonForm if is_invoice else NoteForm,
            **values,
        }
    )
