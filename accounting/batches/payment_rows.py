"""The rows of payments at claim: netting, then capping (domain.md §3).

Most payments have the rows of their revision and are written by two statements. Only the
*constrained* ones, with a netted refund or naming an invoice without room for all that the batch
brings, are worked out one by one, by date, then number.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from accounting.models import Batch, BatchItem, Draft, DraftItem, PaymentRow
from accounting.models.items import newest_items
from accounting.models.kinds import PAYMENT_KINDS
from payments.models import Allocation
from payments.rows import AllocationRow, cap_rows, net_rows, rows_before_netting
from sera_batching.database.sql import insert_from

BLANK_ROW_POSITION: Final = 1_000_000
"""The blank row comes after every named one."""
UNBOUNDED_CENTS: Final = 10**18


@dataclass(frozen=True, slots=True)
class AllocatedPayment:
    """A constrained payment: its rows, and what did not fit, as (invoice id, cents)."""

    payment_id: int
    kind: str
    rows: list[AllocationRow]
    overflow: list[tuple[int, int]]


class InvoiceCapacity(dict[int, int]):
    """Invoice id → cents that it can still take in the books; missing means unlimited."""

    def __missing__(self, invoice_id: int) -> int:
        return UNBOUNDED_CENTS


class _ConstrainedPayment(NamedTuple):
    kind: str
    payment_id: int
    revision_id: int
    amount_cents: int
    netted_cents: int


def allocate_constrained_payments(draft: Draft) -> list[AllocatedPayment]:
    """Mark the constrained payments of a draft and return their rows; amounts in cents.

    It reads the invoices' newest frozen totals and the newest live items of other payments, so it
    must run under the exclusive books lock if its result is stored.
    """
    if not _payment_items(draft).exists():
        return []
    room = _capacity_of_constrained_invoices(draft)
    _mark_constrained(draft, room)
    constrained = [
        _ConstrainedPayment(*values)
        for values in draft.items.filter(is_constrained=True)
        .order_by("date", "number")
        .values_list(
            "kind",
            "payment_id",
            "payment_revision_id",
            "payment_revision__amount_cents",
            F("payment_revision__amount_cents") - F("amount_cents"),
        )
    ]
    allocations = _allocations_of(payment.revision_id for payment in constrained)
    allocated = []
    for payment in constrained:
        rows = rows_before_netting(allocations[payment.revision_id], payment.amount_cents)
        rows, overflow = cap_rows(net_rows(rows, payment.netted_cents), room)
        for row in rows:
            if row.invoice_id is not None:
                room[row.invoice_id] -= row.amount_cents
        allocated.append(AllocatedPayment(payment.payment_id, payment.kind, rows, overflow))
    return allocated


def _payment_items(draft: Draft) -> QuerySet[DraftItem]:
    return DraftItem.objects.filter(draft=draft, kind__in=PAYMENT_KINDS)


def _named_allocations(draft: Draft) -> QuerySet[Allocation]:
    revisions = _payment_items(draft).values("payment_revision_id")
    return Allocation.objects.filter(revision__in=revisions, invoice_revision__isnull=False)


def _capacity_of_constrained_invoices(draft: Draft) -> InvoiceCapacity:
    """Return invoice id → cents of room, for the invoices that cannot take all their payments.

    Two set-based passes: a query per invoice took minutes for 15,000.
    """
    named = _named_allocations(draft)
    is_drafted = _payment_items(draft).filter(payment=OuterRef("item__payment_id"))
    in_other_items = (
        PaymentRow.objects.filter(
            newest_items("item"), ~Exists(is_drafted), invoice__in=named.values("invoice_id")
        )
        .order_by()
        .values("invoice_id")
        .annotate(cents=Sum("amount_cents"))
    )
    held = dict(in_other_items.values_list("invoice_id", "cents"))
    demands = (
        named.order_by()
        .values("invoice_id", "invoice__current_revision__total_cents")
        .annotate(wanted=Sum("amount_cents"))
        .values_list("invoice_id", "wanted", "invoice__current_revision__total_cents")
    )
    room = InvoiceCapacity()
    for invoice_id, wanted, total_cents in demands.iterator():
        left = total_cents - held.get(invoice_id, 0)
        if wanted > left:
            room[invoice_id] = left
    return room


def _mark_constrained(draft: Draft, room: InvoiceCapacity) -> None:
    payments = _payment_items(draft)
    payments.filter(is_constrained=True).update(is_constrained=False)
    is_netted = Exists(
        DraftItem.objects.filter(
            pk=OuterRef("pk"), payment_revision__amount_cents__gt=F("amount_cents")
        )
    )
    payments.filter(is_netted).update(is_constrained=True)
    invoice_ids = list(room)
    for start in range(0, len(invoice_ids), 1000):
        names_constrained = Exists(
            Allocation.objects.filter(
                revision=OuterRef("payment_revision_id"),
                invoice_revision__isnull=False,
                invoice__in=invoice_ids[start : start + 1000],
            )
        )
        payments.filter(names_constrained).update(is_constrained=True)


def _allocations_of(revision_ids: Iterable[int]) -> dict[int, list[tuple[int, bool, int]]]:
    """Return revision id → (invoice id, is named, cents) in order."""
    found: dict[int, list[tuple[int, bool, int]]] = defaultdict(list)
    ids = list(revision_ids)
    for start in range(0, len(ids), 1000):
        rows = (
            Allocation.objects.filter(revision__in=ids[start : start + 1000])
            .order_by("revision_id", "position")
            .values_list("revision_id", "invoice_id", "invoice_revision_id", "amount_cents")
        )
        for revision_id, invoice_id, invoice_revision_id, cents in rows.iterator():
            found[revision_id].append((invoice_id, invoice_revision_id is not None, cents))
    return found


def count_payment_rows(draft: Draft, allocated: Iterable[AllocatedPayment]) -> dict[str, int]:
    """Return kind → number of rows in its file; the constrained payments are already marked."""
    counts: dict[str, int] = defaultdict(int)
    for payment in allocated:
        counts[payment.kind] += len(payment.rows)
    free = _payment_items(draft).filter(is_constrained=False)
    is_named = Q(payment_revision__allocations__invoice_revision__isnull=False)
    per_payment = (
        free.order_by()
        .values("pk", "kind", "amount_cents")
        .annotate(
            named_count=Count("payment_revision__allocations", filter=is_named),
            named_cents=Coalesce(
                Sum("payment_revision__allocations__amount_cents", filter=is_named), 0
            ),
        )
    )
    for kind, cents, named_count, named_cents in per_payment.values_list(
        "kind", "amount_cents", "named_count", "named_cents"
    ).iterator():
        counts[kind] += named_count + (1 if named_cents < cents else 0)
    return counts


def write_payment_rows(batch: Batch, draft: Draft, allocated: Iterable[AllocatedPayment]) -> None:
    """Write the rows of every payment item of a batch just claimed from the draft."""
    sent = BatchItem.objects.filter(batch=batch, kind__in=PAYMENT_KINDS)
    constrained = draft.items.filter(is_constrained=True).values("payment_id")
    # Not NOT EXISTS: the planner expects no rows just after they were marked and uses nested loops.
    _write_free_rows(sent.exclude(payment__in=constrained))
    items = dict(sent.filter(payment__in=constrained).values_list("payment_id", "id"))
    PaymentRow.objects.bulk_create(_constrained_rows(items, allocated), batch_size=2000)


def _constrained_rows(
    items: dict[int, int], allocated: Iterable[AllocatedPayment]
) -> Iterator[PaymentRow]:
    for payment in allocated:
        for position, row in enumerate(payment.rows):
            yield PaymentRow(
                item_id=items[payment.payment_id],
                position=BLANK_ROW_POSITION if row.invoice_id is None else position,
                invoice_id=row.invoice_id,
                amount_cents=row.amount_cents,
            )


def _write_free_rows(free: QuerySet[BatchItem]) -> None:
    named = free.annotate(
        part=FilteredRelation(
            "payment_revision__allocations",
            condition=Q(payment_revision__allocations__invoice_revision__isnull=False),
        )
    )
    insert_from(
        PaymentRow,
        named.filter(part__isnull=False),
        {
            "item": F("pk"),
            "position": F("part__position"),
            "invoice": F("part__invoice_id"),
            "amount_cents": F("part__amount_cents"),
        },
    )
    named_cents = (
        Allocation.objects.filter(
            revision=OuterRef("payment_revision_id"), invoice_revision__isnull=False
        )
        .order_by()
        .values("revision_id")
        .annotate(cents=Sum("amount_cents"))
        .values("cents")
    )
    zero = Value(0, output_field=BigIntegerField())
    rest = free.annotate(
        rest_cents=F("amount_cents")
        - Coalesce(Subquery(named_cents, output_field=BigIntegerField()), zero)
    )
    insert_from(
        PaymentRow,
        rest.filter(rest_cents__gt=0),
        {
            "item": F("pk"),
            "position": BLANK_ROW_POSITION,
            "invoice": Value(None, output_field=BigIntegerField()),
            "amount_cents": F("rest_cents"),
        },
    )
