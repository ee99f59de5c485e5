"""Invariants of the customers: a merged one leads straight to its survivor."""

from collections.abc import Iterator

from accounting.invariants.breaches import CHUNK, Breach, row_of
from invoices.models import Customer


def merged_customers_lead_to_a_survivor() -> Iterator[Breach]:
    """Whoever a customer was merged into is merged into nobody, so that one step finds it."""
    wrong = Customer.objects.filter(merged_into__merged_into__isnull=False)
    for customer in wrong.select_related("merged_into").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Customer {customer} is merged into {customer.merged_into}, who is merged, too.",
            (row_of(Customer, customer.pk, merged_into_id=customer.merged_into_id),),
        )
