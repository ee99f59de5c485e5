"""Which batches the page Previous Batches shows, and in which order."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower
from django.http import QueryDict

from accounting.models import Batch, BatchDownload, BatchItem
from invoices.models import CreditMemo, Invoice
from payments.models import Payment, Refund
from sera_batching.days import within_days
from sera_batching.filters import ChoiceFilter, FilterForm, MomentDayFilter, SearchFilter
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
"""Name of a column in the URL → the column."""


class BatchFilterForm(FilterForm):
    """The filters of Previous Batches; what it understands are arguments of `list_batches`."""

    date_from = MomentDayFilter("Created from")
    date_to = MomentDayFilter("To")
    person = ChoiceFilter("By", blank="Everyone", coerce=int, empty_value=None)
    status = ChoiceFilter("Status", Batch.Status.choices)
    number = SearchFilter("Contains number")

    def __init__(self, query: QueryDict, *, kept: Mapping[str, str] | None = None) -> None:
        super().__init__(query, kept=kept)
        self.offer(
            "person", lambda: [(one.pk, one.get_username()) for one in people_with_batches()]
        )


def list_batches(
    *,
    zone: ZoneInfo,
    sort: str = "number",
    is_descending: bool = True,
    date_from: date | None = None,
    date_to: date | None = None,
    person: int | None = None,
    status: str = "",
    number: str = "",
) -> QuerySet[Batch]:
    """Return the batches that match, with `download_count`; days are those of `zone`, inclusive.

    `number` is the number of a document that the batch holds, case ignored.
    """
    condition = within_days("created_at", date_from, date_to, zone)
    if person is not None:
        condition &= Q(created_by=person)
    if status:
        condition &= Q(status=status)
    if number:
        condition &= Q(pk__in=batches_containing(number))
    downloads = (
        BatchDownload.objects.filter(batch=OuterRef("pk"))
        .order_by()
        .values("batch")
        .annotate(count=Count("pk"))
        .values("count")
    )
    direction = "-" if is_descending else ""
    return (
        Batch.objects.filter(condition)
        .annotate(
            download_count=Coalesce(Subquery(downloads, output_field=IntegerField()), Value(0))
        )
        .select_related("created_by")
        .order_by(f"{direction}{SORTS[sort]}", f"{direction}pk")
    )


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
