"""Merging two records of one customer, permanently, without rewriting what is frozen."""

from collections.abc import Sequence

from invoices.models import Customer
from invoices.signals import customers_merged
from sera_batching import audit
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, require_reason
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin


@retry_when_given_up
def merge_customers(
    *, vanishing: Customer, survivor: Customer, reason: str, origin: Origin
) -> Customer:
    """Merge the customer into the survivor, permanently; return the survivor.

    The survivor keeps its accounting key, addresses and e-mail address. Documents keep their
    customer; every list, check and file written from now on uses the survivor instead. Repeating a
    merge changes nothing. Raises Refused for merging a customer with itself, and for one that was
    already merged into another.
    """
    with document_action(
        origin=origin, permission="invoices.merge_customers", excludes_all_others=True
    ):
        vanishing, survivor = _lock((vanishing, survivor))
        if vanishing.pk == survivor.pk:
            raise Refused(f"Customer {survivor} cannot be merged with itself.")
        if survivor.merged_into is not None:
            raise Refused(
                f"Customer {survivor} was merged into {survivor.merged_into}; choose that one."
            )
        if vanishing.merged_into_id == survivor.pk:
            return survivor
        if vanishing.merged_into is not None:
            raise Refused(
                f"Customer {vanishing} has already been merged into {vanishing.merged_into}."
            )
        reason = require_reason(reason, origin=origin)
        vanished = [vanishing, *vanishing.merged.order_by("pk")]
        for customer in vanished:
            customer.merged_into = survivor
        Customer.objects.bulk_update(vanished, ["merged_into"])
        audit.record(
            origin=origin,
            action="customer.merged",
            target=vanishing,
            before={"accounting_key": vanishing.accounting_key},
            after={
                "into": survivor.number,
                "accounting_key": survivor.accounting_key,
                "with": [customer.number for customer in vanished[1:]],
            },
            note=reason,
        )
        customers_merged.send(sender=Customer, vanished=vanished, survivor=survivor, origin=origin)
    return survivor


def _lock(customers: Sequence[Customer]) -> list[Customer]:
    """Lock the customers in the order of their keys; return them in the order given, refreshed."""
    rows = (
        Customer.objects.select_for_update(no_key=True, of=("self",))
        .select_related("merged_into")
        .filter(pk__in=[customer.pk for customer in customers])
        .order_by("pk")
    )
    locked = {customer.pk: customer for customer in rows}
    return [locked[customer.pk] for customer in customers]
