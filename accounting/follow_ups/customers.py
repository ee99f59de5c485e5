"""Follow-ups about customers whose name in QuickBooks is no longer their accounting key.

No file carries a changed key or a merge: until a person renames or merges the customer there, the
next load would create a second one (domain.md §3).
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounting.models import Batch, BatchItem, FollowUp, Kind
from invoices.models import Customer
from sera_batching.origin import Origin

NAMED_AT_MOST: Final = 20
"""How many documents an entry names; it counts the rest, and the customer's page lists all."""

_CUSTOMER_CAUSES: Final = (FollowUp.Cause.KEY_CHANGED, FollowUp.Cause.CUSTOMER_MERGED)
_NOUNS: Final[dict[str, str]] = {
    Kind.INVOICE_INSERT: "invoice",
    Kind.INVOICE_UPDATE: "invoice",
    Kind.CREDIT_MEMO: "credit memo",
    Kind.PAYMENT_INSERT: "payment",
    Kind.PAYMENT_UPDATE: "payment",
    Kind.JOURNAL: "journal",
}


def raise_for_changed_key(customer: Customer, before: str, origin: Origin) -> None:
    """The key of a customer with batched documents changed: QuickBooks knows the old name."""
    family = Customer.objects.of_one(customer)
    if not BatchItem.objects.live().filter(customer__in=family).exists():
        return
    _supersede_key_changes([customer], "The accounting key was changed again.", origin)
    FollowUp.objects.create(
        cause=FollowUp.Cause.KEY_CHANGED,
        customer=customer,
        problem=f'The accounting key of {customer} changed from "{before}" to '
        f'"{customer.accounting_key}"; documents were sent under the old key.',
        remedy=f'Rename the customer in QuickBooks to "{customer.accounting_key}" '
        "before you load the next batch.",
    )


def raise_for_merged_customers(
    vanished: Sequence[Customer], survivor: Customer, origin: Origin
) -> None:
    """Customers with batched documents were merged: QuickBooks still has both.

    The first of `vanished` is the one merged now; the others had been merged into it before.
    """
    merged = vanished[0]
    sent = BatchItem.objects.newest().filter(customer__in=vanished)
    is_superseded = _supersede_key_changes([merged], f"Merged into {survivor}.", origin)
    if not sent.exists():
        return
    names = [merged.accounting_key]
    if is_superseded:
        # Nobody has renamed it there: it still has the name that was sent.
        names = _names_sent(sent)
    old = " or ".join(f'"{name}"' for name in names)
    FollowUp.objects.create(
        cause=FollowUp.Cause.CUSTOMER_MERGED,
        customer=merged,
        problem=f"{merged} was merged into {survivor}. Batched under the old name: "
        f"{_name_documents(sent)}.",
        remedy=f'Merge the customer {old} into "{survivor.accounting_key}" in QuickBooks before '
        "you load the next batch: give it exactly that name and confirm the merge. QuickBooks "
        "can't undo a merge.",
    )


def supersede_for_forgotten_customers(batch: Batch, origin: Origin) -> None:
    """A batch was undone: supersede entries of customers without a document in a live batch."""
    entries = list(
        FollowUp.objects.open()
        .filter(cause__in=_CUSTOMER_CAUSES)
        .select_related("customer")
        .filter(_concerns(batch))
    )
    if not entries:
        return
    needed = _customers_in_the_books(
        {entry.customer.survivor_id for entry in entries if entry.customer}
    )
    forgotten = [
        entry.pk for entry in entries if entry.customer and entry.customer.survivor_id not in needed
    ]
    FollowUp.objects.filter(pk__in=forgotten).update(
        status=FollowUp.Status.SUPERSEDED,
        closed_at=timezone.now(),
        closed_by=origin.user,
        note=f"Batch {batch.pk} was undone.",
    )


def _concerns(batch: Batch) -> Q:
    customers = batch.items.values("customer_id")
    survivors = batch.items.filter(customer__merged_into__isnull=False).values(
        "customer__merged_into"
    )
    return (
        Q(customer__in=customers)
        | Q(customer__in=survivors)
        | Q(customer__merged_into__in=customers)
        | Q(customer__merged_into__in=survivors)
    )


def _customers_in_the_books(survivor_ids: Collection[int]) -> set[int]:
    """Return which of these survivors, or what was merged into them, a live batch names."""
    family = Customer.objects.filter(Q(pk__in=survivor_ids) | Q(merged_into__in=survivor_ids))
    survivor_of = {customer.pk: customer.survivor_id for customer in family}
    live = BatchItem.objects.live().filter(customer__in=survivor_of).order_by()
    return {survivor_of[pk] for pk in live.values_list("customer_id", flat=True).distinct()}


def _supersede_key_changes(customers: Sequence[Customer], note: str, origin: Origin) -> bool:
    entries = FollowUp.objects.open().filter(
        cause=FollowUp.Cause.KEY_CHANGED, customer__in=customers
    )
    closed = entries.update(
        status=FollowUp.Status.SUPERSEDED,
        closed_at=timezone.now(),
        closed_by=origin.user,
        note=note,
    )
    return closed > 0


def _names_sent(items: QuerySet[BatchItem]) -> list[str]:
    keys = items.order_by("party__accounting_key").values_list("party__accounting_key", flat=True)
    return list(keys.distinct())


def _name_documents(items: QuerySet[BatchItem]) -> str:
    numbers: dict[str, list[str]] = defaultdict(list)
    rows = items.order_by("kind", "date", "number").values_list("kind", "number")
    for kind, number in rows[:NAMED_AT_MOST]:
        numbers[_NOUNS[kind]].append(number)
    named = "; ".join(
        f"{noun}{'' if len(each) == 1 else 's'} {', '.join(each)}" for noun, each in numbers.items()
    )
    more = items.count() - NAMED_AT_MOST
    return f"{named}; and {more:,} more" if more > 0 else named
