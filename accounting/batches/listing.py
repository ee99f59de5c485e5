"""Which batches the page Previous Batches shows, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from accounting.models import Batch, BatchDownload, BatchItem
from invoices.models import CreditMemo, Invoice
from payments.models import Payment, Refund
from sera_batching.days import day_begins, day_ends, read_day
from sera_batching.models import User

SORTS: Final[Mapping[str, str]] = {
    "number": "pk",
    "name": "name",
    "created": "created_at",
    "by": "created_by__username",
    "documents": "document_count",
    "amount": "total_cents",
    "status": "status",
    "downloads": "download_count",
}
"""What the address calls a column → the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFilters:
    """What narrows Previous Batches, all of it together; days are the company's, inclusive.

    `number` is the number of a document that the batch holds, case ignored.
    """

    date_from: date | None = None
    date_to: date | None = None
    person: int | None = None
    status: str = ""
    number: str = ""

    @property
    def are_set(self) -> bool:
        return self != BatchFilters()

    @classmethod
    def read(cls, query: Mapping[str, str]) -> tuple[Self, list[str]]:
        """Return the filters of an address, and what is wrong with those that cannot be read."""
        problems: list[str] = []
        person = query.get("person", "")
        if person and not (person.isascii() and person.isdigit() and len(person) < 10):
            problems.append("There is no such person; batches of everybody are shown.")
            person = ""
        status = query.get("status", "")
        if status and status not in Batch.Status.values:
            problems.append("There is no such status; batches of every status are shown.")
            status = ""
        date_from, from_problem = read_day(query.get("from", ""))
        date_to, to_problem = read_day(query.get("to", ""))
        problems += [one for one in (from_problem, to_problem) if one]
        filters = cls(
            date_from=date_from,
            date_to=date_to,
            person=int(person) if person else None,
            status=status,
            number=query.get("number", "").replace("\0", "").strip()[:64],
        )
        return filters, problems


def list_batches(
    filters: BatchFilters, *, zone: ZoneInfo, sort: str = "number", is_descending: bool = True
) -> QuerySet[Batch]:
    """Return the batches that match, with `download_count`; days begin by `zone`."""
    downloads = (
        BatchDownload.objects.filter(batch=OuterRef("pk"))
        .order_by()
        .values("batch")
        .annotate(count=Count("pk"))
        .values("count")
    )
    direction = "-" if is_descending else ""
    return (
        Batch.objects.filter(_condition(filters, zone))
        .annotate(
            download_count=Coalesce(Subquery(downloads, output_field=IntegerField()), Value(0))
        )
        .select_related("created_by")
        .order_by(f"{direction}{SORTS[sort]}", f"{direction}pk")
    )


def _condition(filters: BatchFilters, zone: ZoneInfo) -> Q:
    condition = Q()
    if filters.date_from:
        condition &= Q(created_at__gte=day_begins(filters.date_from, zone))
    if filters.date_to:
        condition &= Q(created_at__lt=day_ends(filters.date_to, zone))
    if filters.person is not None:
        condition &= Q(created_by=filters.person)
    if filters.status:
        condition &= Q(status=filters.status)
    if filters.number:
        condition &= Q(pk__in=batches_containing(filters.number))
    return condition


def batches_containing(number: str) -> QuerySet[Any]:
    """Return the ids of the batches that hold a document of this number, undone ones too.

    Looks up the document first: its number is indexed, an item's number is not.
    """
    return BatchItem.objects.filter(
        Q(invoice__in=_numbered(Invoice, number))
        | Q(payment__in=_numbered(Payment, number))
        | Q(refund__in=_numbered(Refund, number))
        | Q(credit_memo__in=_numbered(CreditMemo, number))
    ).values("batch_id")


def _numbered(model: type[Model], number: str) -> QuerySet[Any]:
    return (
        model._default_manager.annotate(lower_number=Lower("number"))
        .filter(lower_number=Lower(Value(number)))
        .values("pk")
    )


def people_with_batches() -> QuerySet[User]:
    """Return who made batches, by name: the choices of the filter."""
    makers = Batch.objects.order_by().values("created_by").distinct()
    return User.objects.filter(pk__in=makers).order_by("username")
