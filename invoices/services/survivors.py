"""Which customer a record stands for today: itself, or the one that it was merged into.

A merge excludes every other write, so what a document_action reads here stays true.
"""

from invoices.models import Customer
from sera_batching.exceptions import Refused


def surviving(customer: Customer) -> Customer:
    """Return the customer that this one stands for today, from the database."""
    now = Customer.objects.select_related("merged_into").get(pk=customer.pk)
    return now.survivor


def is_same_customer(one: Customer, other: Customer) -> bool:
    """Return whether the two stand for the same customer today."""
    return one.survivor_id == other.survivor_id


def require_surviving(customer: Customer) -> None:
    """Raise Refused if the customer was merged into another."""
    if customer.merged_into is not None:
        raise Refused(
            f"Customer {customer} was merged into {customer.merged_into}: change that one."
        )
