"""What blocks a document from every batch, as conditions on the rows of Unbatched.

Findings about the document alone were stored when its revision was made. What depends on the
settings is read from the current settings, so that a change takes effect at once.
"""

import functools
from collections.abc import Mapping
from datetime import date
from operator import or_
from typing import Any, Final

from django.db.models import DateField, Exists, F, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least
from django.db.models.lookups import LessThanOrEqual

from accounting.models import CandidatePayment, Finding, UnbatchedInvoice
from invoices.models import CreditMemo, Customer
from payments.models import Refund
from sera_batching.models import Company

CUSTOMER_KEYS: Final[Mapping[type[Model], str]] = {
    UnbatchedInvoice: "customer_id",
    CreditMemo: "invoice__customer_id",
    CandidatePayment: "customer_id",
    Refund: "sent__payment__customer_id",
}
"""The column of each source of Unbatched with the customer's key, merged or not."""

_TARGETS: Final[Mapping[type[Model], tuple[str, str]]] = {
    UnbatchedInvoice: ("invoice_revision", "revision_id"),
    CreditMemo: ("credit_memo", "pk"),
    CandidatePayment: ("payment_revision", "revision_id"),
    Refund: ("refund", "pk"),
}
"""Which column of a finding is compared with which column of a row."""


def is_blocked(model: type[Model], profile: str) -> Q:
    """Return the condition that a row of this model's source is blocked."""
    return functools.reduce(or_, _findings(model, profile), _is_closed(model))


def without_blocked(
    source: QuerySet[Any], profile: str, closing_date: date | None
) -> QuerySet[Any]:
    """Return the rows of a source that are not blocked.

    The same as `row_is_blocked=False`, but with each NOT EXISTS on its own. Only then does
    PostgreSQL know that few rows are excluded, and plan the rest for the right number of rows. For
    the same reason the closing date is passed as a value and compared with each column separately.
    """
    found = _findings(source.model, profile)
    return source.filter(_is_open(source.model, closing_date), *(~condition for condition in found))


def _findings(model: type[Model], profile: str) -> list[Q]:
    """Return the conditions that a check has a blocking finding for a row of this model's source.

    For a merged customer the survivor counts. There is one EXISTS per target: the database can turn
    each into a set once, but not a single one with OR.
    """
    target, path = _TARGETS[model]
    found = [
        *_customer_is_blocked(profile, CUSTOMER_KEYS[model]),
        Q(Exists(_blocks(profile).filter(**{target: OuterRef(path)}))),
    ]
    return [*found, _restated_is_blocked(profile)] if model is CreditMemo else found


def _restated_is_blocked(profile: str) -> Q:
    """Return the condition that a credit memo restates an invoice blocked by a check of both."""
    blocks = _blocks(profile).filter(is_restated=True)
    return Q(Exists(blocks.filter(invoice_revision=OuterRef("sent__invoice_revision_id"))))


def _blocks(profile: str) -> QuerySet[Finding]:
    return Finding.objects.filter(profile=profile, severity=Finding.Severity.BLOCK)


def _customer_is_blocked(profile: str, path: str) -> tuple[Q, Q]:
    """Starts from the few findings, so that no row has to be joined with its customer."""
    own = _blocks(profile).filter(customer=OuterRef(path), customer__merged_into__isnull=True)
    survivors = Customer.objects.filter(
        pk=OuterRef(path),
        merged_into__findings__profile=profile,
        merged_into__findings__severity=Finding.Severity.BLOCK,
    )
    return Q(Exists(own)), Q(Exists(survivors))


def _is_open(model: type[Model], closing_date: date | None) -> Q:
    """Return the condition that check 19 does not block a row; always true without a closing
    date."""
    if closing_date is None:
        return Q()
    condition = Q(date__gt=closing_date)
    if model in (UnbatchedInvoice, CandidatePayment):
        condition &= Q(sent_date__isnull=True) | Q(sent_date__gt=closing_date)
    return condition


def _is_closed(model: type[Model]) -> Q:
    """Check 19: the books are closed for the date of a document, or for the date last sent."""
    day, sent = F("date"), F("sent_date")
    never = Value(date.min, output_field=DateField())
    closing_date = Coalesce(Subquery(Company.objects.values("closing_date")[:1]), never)
    was_sent = model in (UnbatchedInvoice, CandidatePayment)
    earliest = Least(day, Coalesce(sent, day)) if was_sent else day
    return Q(LessThanOrEqual(earliest, closing_date))
