"""Invariants of the payments in the books: their rows and their netted refunds (domain.md §3)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounting.invariants.breaches import CHUNK, Breach, row_of
from accounting.models import BatchItem, Kind, PaymentRow, RefundUse
from accounting.models.kinds import PAYMENT_KINDS
from payments.models import Refund


def _sum(rows: QuerySet[Any]) -> Coalesce:
    cents = rows.order_by().values("item_id").annotate(cents=Sum("amount_cents")).values("cents")
    zero = Value(0, output_field=BigIntegerField())
    return Coalesce(Subquery(cents, output_field=BigIntegerField()), zero)


def payment_items_add_up() -> Iterator[Breach]:
    """The rows of a payment item sum up to its amount: the payment less what is netted in it."""
    wrong: QuerySet[Any] = (
        BatchItem.objects.filter(kind__in=PAYMENT_KINDS)
        .annotate(
            row_cents=_sum(PaymentRow.objects.filter(item=OuterRef("pk"))),
            netted_cents=_sum(RefundUse.objects.filter(item=OuterRef("pk"))),
            gross_cents=F("payment_revision__amount_cents"),
        )
        .filter(
            ~Q(row_cents=F("amount_cents"))
            | ~Q(amount_cents=F("gross_cents") - F("netted_cents"))
            | Q(amount_cents__lte=0, batch__id__gt=0)
        )
    )
    for item in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        rows = item.payment_rows.order_by("position")
        yield Breach(
            f"{item} does not add up.",
            (
                row_of(
                    BatchItem,
                    item.pk,
                    gross_cents=item.gross_cents,
                    netted_cents=item.netted_cents,
                    amount_cents=item.amount_cents,
                    row_cents=item.row_cents,
                ),
                *(
                    row_of(
                        PaymentRow, row.pk, invoice_id=row.invoice_id, amount_cents=row.amount_cents
                    )
                    for row in rows
                ),
            ),
        )


def refunds_are_used_where_they_belong() -> Iterator[Breach]:
    """A netted refund is in the insert of its payment, a restated one in an update of it.

    A journal entry is the refund's own item; each use says the amount of its refund.
    """
    is_true = Q(amount_cents=F("refund__amount_cents"), payment=F("refund__payment")) & (
        Q(use=RefundUse.Use.NETTED, item__kind=Kind.PAYMENT_INSERT, item__payment=F("payment"))
        | Q(use=RefundUse.Use.RESTATED, item__kind=Kind.PAYMENT_UPDATE, item__payment=F("payment"))
        | Q(use=RefundUse.Use.JOURNAL, item__kind=Kind.JOURNAL, item__refund=F("refund"))
    )
    wrong = RefundUse.objects.exclude(pk__in=RefundUse.objects.filter(is_true).values("pk"))
    for use in wrong.select_related("item", "refund").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Refund {use.refund.number} is {use.use} where it does not belong: {use.item}.",
            (
                row_of(
                    RefundUse,
                    use.pk,
                    item_id=use.item_id,
                    refund_id=use.refund_id,
                    payment_id=use.payment_id,
                    use=use.use,
                    amount_cents=use.amount_cents,
                ),
                row_of(Refund, use.refund_id, amount_cents=use.refund.amount_cents),
            ),
        )


def refunds_are_used_once() -> Iterator[Breach]:
    """A refund is netted or a journal entry in one live batch at most; a journal item says so."""
    used = RefundUse.objects.in_books()
    twin = used.filter(refund=OuterRef("refund")).exclude(pk=OuterRef("pk"))
    twins = used.filter(Exists(twin)).select_related("refund", "item").order_by("refund_id", "pk")
    for use in twins.iterator(chunk_size=CHUNK):
        yield Breach(
            f"Refund {use.refund.number} is in the books more than once, such as in {use.item}.",
            (row_of(RefundUse, use.pk, refund_id=use.refund_id, item_id=use.item_id, use=use.use),),
        )
    own = RefundUse.objects.filter(item=OuterRef("pk"), use=RefundUse.Use.JOURNAL)
    silent = BatchItem.objects.filter(~Exists(own), kind=Kind.JOURNAL)
    for item in silent.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"{item} is not on record as the use of its refund.",
            (row_of(BatchItem, item.pk, refund_id=item.refund_id),),
        )


def updates_restate_what_was_netted() -> Iterator[Breach]:
    """A live update of a payment restates the refunds that its insert netted, and no others (C)."""
    netted = RefundUse.objects.netted().filter(payment=OuterRef("payment"))
    expected = (
        netted.order_by().values("payment_id").annotate(cents=Sum("amount_cents")).values("cents")
    )
    zero = Value(0, output_field=BigIntegerField())
    missing = netted.exclude(
        refund__in=RefundUse.objects.filter(item=OuterRef(OuterRef("pk"))).values("refund_id")
    )
    updates: QuerySet[Any] = (
        BatchItem.objects.live()
        .filter(kind=Kind.PAYMENT_UPDATE)
        .annotate(
            netted_cents=Coalesce(Subquery(expected, output_field=BigIntegerField()), zero),
            restated_cents=_sum(RefundUse.objects.filter(item=OuterRef("pk"))),
            is_missing=Case(When(Exists(missing), then=Value(1)), default=Value(0)),
        )
    )
    wrong = updates.filter(~Q(netted_cents=F("restated_cents")) | Q(is_missing=1))
    for item in wrong.order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"{item} does not restate the refunds that were netted in its payment.",
            (
                row_of(
                    BatchItem,
                    item.pk,
                    netted_cents=item.netted_cents,
                    restated_cents=item.restated_cents,
                ),
            ),
        )
