"""Documents that a command line or a request names by kind and number."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import Model

from accounting.models import Kind
from invoices.models import CreditMemo, Invoice
from payments.models import Payment, Refund
from sera_batching.exceptions import DomainError

DocumentName = tuple[str, str]
"""Kind and number, such as ("invoice_insert", "10023")."""

_MODELS: Final[Mapping[str, type[Model]]] = {
    Kind.INVOICE_INSERT: Invoice,
    Kind.INVOICE_UPDATE: Invoice,
    Kind.CREDIT_MEMO: CreditMemo,
    Kind.PAYMENT_INSERT: Payment,
    Kind.PAYMENT_UPDATE: Payment,
    Kind.JOURNAL: Refund,
}


class UnknownDocument(DomainError):
    """No document of the kind has the number."""


def require_known(documents: Iterable[DocumentName]) -> None:
    """Raise UnknownDocument, naming the first, for a number that no document of its kind has."""
    for kind, number in documents:
        model = _MODELS[kind]
        if not model._default_manager.filter(number=number).exists():
            noun = model._meta.verbose_name
            raise UnknownDocument(f"“{kind}:{number}”: there is no {noun} of this number.")
