"""The yellow warning: payments batched without one of their invoices (domain.md §5).

QuickBooks cannot apply a payment to an invoice that it does not have. An invoice is missing if it
is in no live batch and not selected with the payment.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from django.db.models import Exists, FilteredRelation, OuterRef, Q, QuerySet

from accounting.models import BatchItem, Draft, DraftItem, Kind
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.unbatched.filters import Filters
from accounting.unbatched.kept_out import KeptOut, why_invoice_is_kept_out
from accounting.unbatched.rows import unbatched_invoices
from accounting.unbatched.selection import SelectionRule, chosen_sources
from payments.models import Allocation

SHOWN_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class PaymentWithoutInvoice:
    """A selected payment with a missing invoice; cents are those allocated to that invoice."""

    payment_id: int
    payment_number: str
    invoice_id: int
    invoice_number: str
    amount_cents: int
    is_includable: bool
    reason: str
    """Why the invoice cannot be included; empty if it can."""


@dataclass(frozen=True, slots=True)
class MissingInvoices:
    """The yellow warning for a selection: its counts and its first rows."""

    payment_count: int
    invoice_count: int
    includable_count: int
    """Missing invoices that could be included."""
    rows: tuple[PaymentWithoutInvoice, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no payment lacks an invoice, so that there is nothing to warn about."""
        return self.payment_count == 0


class _Missing(NamedTuple):
    """An allocation with a missing invoice; sorts in the order of the list."""

    date: date
    payment_number: str
    position: int
    allocation_id: int
    payment_id: int
    invoice_id: int
    is_includable: bool


def missing_invoices_of_selection(
    *, filters: Filters, profile: str, choice: SelectionRule
) -> MissingInvoices:
    """Return the yellow warning for the ticks and filters on the page."""
    missing = payments_missing_an_invoice(filters=filters, profile=profile, choice=choice)
    return _accompaniment(missing, profile)


def payments_missing_an_invoice(
    *, filters: Filters, profile: str, choice: SelectionRule
) -> QuerySet[Any]:
    """Return the selected payments, once per invoice that QuickBooks would not have."""
    chosen = chosen_sources("invoice", "payment", filters=filters, profile=profile, choice=choice)
    return _with_missing(chosen["payment"], chosen["invoice"], revision="revision")


def accompaniment_of_draft(draft: Draft, profile: str) -> MissingInvoices:
    """Return the yellow warning for a draft batch."""
    return _accompaniment(missing_of_draft(draft), profile)


def missing_of_draft(draft: Draft) -> QuerySet[DraftItem]:
    """Return a draft's payments, once per invoice that QuickBooks would not have."""
    return _with_missing(
        draft.items.filter(kind__in=PAYMENT_KINDS),
        draft.items.filter(kind__in=INVOICE_KINDS),
        revision="payment_revision",
    )


def _with_missing(
    payments: QuerySet[Any], invoices: QuerySet[Any], *, revision: str
) -> QuerySet[Any]:
    """Join payments with their allocations to an invoice that is neither live nor in `invoices`.

    The allocation is `missing`. The join starts from the payments, because the planner then reads
    no other allocations.
    """
    live = BatchItem.objects.live().filter(
        invoice=OuterRef("missing__invoice_id"), kind=Kind.INVOICE_INSERT
    )
    path = f"{revision}__allocations"
    rows: QuerySet[Any] = (
        payments.order_by()
        .annotate(
            missing=FilteredRelation(
                path, condition=Q(**{f"{path}__invoice_revision__isnull": False})
            )
        )
        .filter(
            ~Exists(invoices.filter(invoice_id=OuterRef("missing__invoice_id"))),
            ~Exists(live),
            missing__isnull=False,
        )
    )
    return rows


def includable_invoices(missing: QuerySet[Any], profile: str) -> QuerySet[Any]:
    """Return the rows of Unbatched of the missing invoices that could be included."""
    return (
        unbatched_invoices(profile)
        .order_by()
        .filter(pk__in=missing.values("missing__invoice_id"), row_is_blocked=False)
    )


def _accompaniment(missing: QuerySet[Any], profile: str) -> MissingInvoices:
    """Count and sort what is missing, usually little, and read only its first rows."""
    rows_of_invoices: QuerySet[Any] = unbatched_invoices(profile)
    includable = rows_of_invoices.filter(pk=OuterRef("missing__invoice_id"), row_is_blocked=False)
    rows = missing.annotate(is_includable=Exists(includable)).values_list(
        "date",
        "number",
        "missing__position",
        "missing__id",
        "payment_id",
        "missing__invoice_id",
        "is_includable",
    )
    found = sorted(_Missing(*values) for values in rows)
    if not found:
        return MissingInvoices(0, 0, 0, ())
    shown = {one.allocation_id: one.is_includable for one in found[:SHOWN_AT_MOST]}
    allocations = Allocation.objects.select_related(
        "revision__payment", "invoice", "invoice_revision"
    ).in_bulk(shown)
    return MissingInvoices(
        payment_count=len({one.payment_id for one in found}),
        invoice_count=len({one.invoice_id for one in found}),
        includable_count=len({one.invoice_id for one in found if one.is_includable}),
        rows=tuple(_unaccompanied(allocations[pk], shown[pk]) for pk in shown),
    )


def _unaccompanied(allocation: Allocation, is_includable: bool) -> PaymentWithoutInvoice:
    return PaymentWithoutInvoice(
        payment_id=allocation.revision.payment_id,
        payment_number=allocation.revision.payment.number,
        invoice_id=allocation.invoice_id,
        invoice_number=allocation.invoice.number,
        amount_cents=allocation.amount_cents,
        is_includable=is_includable,
        reason="" if is_includable else _why_not_includable(allocation),
    )


def _why_not_includable(allocation: Allocation) -> str:
    match why_invoice_is_kept_out(allocation.invoice):
        case KeptOut.ON_HOLD:
            return "is marked Do Not Batch"
        case KeptOut.UNLOCKED:
            return "is unlocked for editing; approve it first"
    if allocation.invoice_revision and allocation.invoice_revision.total_cents == 0:
        return "has a total of 0.00 and is never batched"
    return "is blocked; see Unbatched for the reason"
