"""Open balances of invoices and what is left of payments, in cents (domain.md §7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from invoices.merged import survivor_of
from invoices.models import Customer, Invoice, InvoiceDraft, InvoiceRevision
from payments.models import Allocation, Payment, Refund
from payments.rows import net_rows, rows_before_netting


@dataclass(frozen=True, slots=True, kw_only=True)
class NetAllocation:
    """What a payment that is not removed holds on an invoice, before and after its refunds."""

    payment_id: int
    payment_number: str
    invoice_id: int
    gross_cents: int
    net_cents: int


def open_cents(invoice: Invoice) -> int:
    """Return what is still to pay on the invoice; negative if it is overpaid (domain.md §7)."""
    return open_cents_of([invoice])[invoice.pk]


def open_cents_of(invoices: Iterable[Invoice], *, without: Payment | None = None) -> dict[int, int]:
    """Return invoice id → cents open on it, not counting the payment `without`. Two queries."""
    billed = billed_cents_of(invoices)
    for allocation in net_allocations(billed, without=without):
        billed[allocation.invoice_id] -= allocation.net_cents
    return billed


def billed_cents_of(invoices: Iterable[Invoice]) -> dict[int, int]:
    """Return invoice id → newest frozen total, or the draft's if it was never finalized."""
    ids = [invoice.pk for invoice in invoices]
    frozen = InvoiceRevision.objects.filter(pk=OuterRef("current_revision")).values("total_cents")
    draft = InvoiceDraft.objects.filter(invoice=OuterRef("pk")).values("total_cents")
    return dict(
        Invoice.objects.filter(pk__in=ids)
        .annotate(billed=Coalesce(Subquery(frozen), Subquery(draft), 0))
        .values_list("pk", "billed")
    )


def balances_of(customers: Iterable[Customer]) -> dict[int, int]:
    """Return customer id → balance in cents, including merged customers. Three queries.

    The balance is every finalized invoice less every payment that is not removed, net of refunds;
    negative is a credit. Invoices that were never approved do not count. A merged customer has no
    balance of its own; its survivor has it.
    """
    owed = {customer.pk: 0 for customer in customers}
    survivor = survivor_of("customer")
    billed = (
        Invoice.objects.filter(current_revision__isnull=False)
        .exclude(status__in=(Invoice.Status.VOID, Invoice.Status.CANCELLED))
        .annotate(owner_id=survivor)
        .filter(_of_family(owed))
        .order_by()
        .values_list("owner_id")
        .annotate(cents=Sum("current_revision__total_cents"))
    )
    paid = (
        Payment.objects.exclude(state=Payment.State.REMOVED)
        .annotate(owner_id=survivor)
        .filter(_of_family(owed))
        .order_by()
        .values_list("owner_id")
        .annotate(cents=Sum("current_revision__amount_cents"))
    )
    refunded = (
        Refund.objects.annotate(owner_id=survivor_of("payment__customer"))
        .filter(_of_family(owed, "payment__"))
        .order_by()
        .values_list("owner_id")
        .annotate(cents=Sum("amount_cents"))
    )
    for sums, sign in ((billed, 1), (paid, -1), (refunded, 1)):
        for owner_id, cents in sums:
            if owner_id in owed:
                owed[owner_id] += sign * cents
    return owed


def _of_family(owners: Iterable[int], prefix: str = "") -> Q:
    ids = list(owners)
    return Q(**{f"{prefix}customer__in": ids}) | Q(**{f"{prefix}customer__merged_into__in": ids})


def net_allocations(
    invoice_ids: Iterable[int], *, without: Payment | None = None
) -> list[NetAllocation]:
    """Return what payments not removed hold on these invoices, by payment number. One query.

    A payment's refunds reduce its unallocated part first, then its allocations from the last to
    the first (domain.md §7).
    """
    wanted = set(invoice_ids)
    naming = Allocation.objects.filter(invoice__in=wanted).values("revision")
    payments = Payment.objects.exclude(state=Payment.State.REMOVED).filter(
        current_revision__in=naming
    )
    if without is not None:
        payments = payments.exclude(pk=without.pk)
    refunds = Refund.objects.filter(payment=OuterRef("pk")).order_by().values("payment")
    refunded = Coalesce(Subquery(refunds.annotate(sum=Sum("amount_cents")).values("sum")), 0)
    rows = (
        payments.annotate(refunded=refunded)
        .order_by("number", "current_revision__allocations__position")
        .values_list(
            "pk",
            "number",
            "current_revision__amount_cents",
            "refunded",
            "current_revision__allocations__invoice",
            "current_revision__allocations__amount_cents",
        )
    )
    found: list[NetAllocation] = []
    for (pk, number, amount_cents, refund_cents), parts in groupby(
        rows, key=itemgetter(0, 1, 2, 3)
    ):
        gross = {part[4]: part[5] for part in parts}
        net = net_of_each(gross.items(), amount_cents=amount_cents, refund_cents=refund_cents)
        found += [
            NetAllocation(
                payment_id=pk,
                payment_number=number,
                invoice_id=invoice_id,
                gross_cents=gross[invoice_id],
                net_cents=net_cents,
            )
            for invoice_id, net_cents in net.items()
            if invoice_id in wanted
        ]
    return found


def refunded_cents(payment: Payment) -> int:
    """Return the sum of the payment's refunds."""
    total = Refund.objects.filter(payment=payment).aggregate(sum=Sum("amount_cents"))["sum"]
    return int(total or 0)


def left_cents(payment: Payment) -> int:
    """Return the payment's amount less its refunds."""
    amount_cents = payment.current_revision.amount_cents if payment.current_revision else 0
    return amount_cents - refunded_cents(payment)


def net_of_each(
    allocations: Iterable[tuple[int, int]], *, amount_cents: int, refund_cents: int
) -> dict[int, int]:
    """Return invoice id → allocated cents after the refunds, from (invoice id, cents) in order."""
    named = [(invoice_id, True, cents) for invoice_id, cents in allocations]
    net = net_rows(rows_before_netting(named, amount_cents), refund_cents)
    remaining = {row.invoice_id: row.amount_cents for row in net}
    return {invoice_id: remaining.get(invoice_id, 0) for invoice_id, _, _ in named}
