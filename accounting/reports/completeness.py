"""Whether everything is accounted for: everything = in the books + unbatched + held back.

Each part has its own query, independent of Unbatched, so that the sum proves something: what is
missing or counted twice shows as a difference.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
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

from accounting.models import BatchItem, RefundUse
from accounting.reports.ages import NOTHING, Amount
from accounting.unbatched.rows import (
    unbatched_invoices,
    unbatched_payments,
    unbatched_refunds,
)
from invoices.models import Invoice
from payments.models import Allocation, Payment, Refund


@dataclass(frozen=True, slots=True)
class Account:
    """Where the documents of one kind stand; amounts in cents.

    Documents with nothing to batch (zero invoices, payments refunded in full) are in `everything`
    only, with no amount, so only the amounts must add up.
    """

    label: str
    everything: Amount
    in_books: Amount
    unbatched: Amount
    held_back: Amount
    netted: Amount = NOTHING
    """Refunds that come off a payment which is not batched yet."""

    @property
    def difference_cents(self) -> int:
        """What is in no part, or in two; 0 unless something is broken."""
        parts = (self.in_books, self.unbatched, self.held_back, self.netted)
        return self.everything.cents - sum(part.cents for part in parts)


def completeness(profile: str) -> tuple[Account, ...]:
    """Return the accounts of invoices, payments and refunds; a dozen statements."""
    return account_of_invoices(profile), account_of_payments(profile), account_of_refunds(profile)


def account_of_invoices(profile: str) -> Account:
    """Account for the newest total of each finalized invoice."""
    newest = BatchItem.objects.newest().filter(invoice=OuterRef("pk"))
    same = newest.filter(fingerprint=OuterRef("current_revision__fingerprint"))
    finalized = Invoice.objects.filter(status=Invoice.Status.FINALIZED)
    total = F("current_revision__total_cents")
    is_in_books = Q(Exists(same))
    return Account(
        label="Finalized invoices",
        everything=_amount(finalized, total),
        in_books=_amount(finalized.filter(is_in_books), total),
        unbatched=_amount(unbatched_invoices(profile), F("row_amount_cents")),
        held_back=_amount(finalized.filter(~is_in_books, is_on_hold=True), total),
    )


def account_of_payments(profile: str) -> Account:
    """Account for what is left of each payment after the refunds netted in it."""
    newest = BatchItem.objects.newest().filter(payment=OuterRef("pk"))
    named = Allocation.objects.filter(
        revision=OuterRef(OuterRef("current_revision_id")), invoice_revision__isnull=False
    )
    sent_later = BatchItem.objects.newest().filter(
        invoice__in=named.values("invoice"),
        batch_id__gt=Subquery(newest.filter(payment=OuterRef(OuterRef("pk"))).values("batch_id")),
    )
    same = newest.filter(fingerprint=OuterRef("current_revision__fingerprint"))
    on_held_invoice = Allocation.objects.filter(
        revision=OuterRef("current_revision_id"), invoice__is_on_hold=True
    )
    kept = Payment.objects.exclude(state=Payment.State.REMOVED)
    left = F("current_revision__amount_cents") - Case(
        When(Exists(newest), then=_netted()), default=_refunded()
    )
    is_in_books = Q(Exists(same)) & ~Q(Exists(sent_later))
    is_held = Q(state=Payment.State.DISPUTED) | Q(Exists(on_held_invoice))
    return Account(
        label="Payments, less refunds netted in them",
        everything=_amount(kept, left),
        in_books=_amount(kept.filter(is_in_books), left),
        unbatched=_amount(unbatched_payments(profile), F("row_amount_cents")),
        held_back=_amount(kept.filter(is_held & ~is_in_books), left),
    )


def account_of_refunds(profile: str) -> Account:
    """Account for each refund: in a journal, netted in its payment, or still to come."""
    used = RefundUse.objects.in_books().filter(refund=OuterRef("pk"))
    paid_in = BatchItem.objects.newest().filter(payment=OuterRef("payment_id"))
    refunds = Refund.objects.all()
    cents = F("amount_cents")
    is_in_books = Q(Exists(used))
    return Account(
        label="Refunds",
        everything=_amount(refunds, cents),
        in_books=_amount(refunds.filter(is_in_books), cents),
        unbatched=_amount(unbatched_refunds(profile), F("row_amount_cents")),
        held_back=NOTHING,
        netted=_amount(refunds.filter(~is_in_books, ~Q(Exists(paid_in))), cents),
    )


def _sum_of(rows: QuerySet[Any]) -> Coalesce:
    totals = rows.order_by().values("payment").annotate(total=Sum("amount_cents")).values("total")
    return Coalesce(
        Subquery(totals, output_field=BigIntegerField()),
        Value(0),
        output_field=BigIntegerField(),
    )


def _refunded() -> Coalesce:
    return _sum_of(Refund.objects.filter(payment=OuterRef("pk")))


def _netted() -> Coalesce:
    uses = RefundUse.objects.netted()
    return _sum_of(uses.filter(payment=OuterRef("pk")))


def _amount(documents: QuerySet[Any], cents: Any) -> Amount:
    found = documents.order_by().aggregate(
        document_count=Count("pk"), amount=Coalesce(Sum(cents), 0, output_field=BigIntegerField())
    )
    return Amount(found["document_count"], found["amount"])
