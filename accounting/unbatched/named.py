"""Documents named by kind and number in a command or a request."""

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
    """There is no document of this kind with this number."""


def require_known(documents: Iterable[DocumentName]) -> None:
    """Raise UnknownDocument for the first number that no document of its kind has."""
    for kind, number in documents:
        model = _MODELS[kind]
        if not model._default_manager.filter(number=number).exists():
            noun = model._meta.verbose_name
            raise UnknownDocument(f"“{kind}:{number}”: there is no {noun} of this number.")
