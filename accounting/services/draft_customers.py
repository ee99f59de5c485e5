"""The customers of a draft's documents: of one that was merged, the survivor."""

from django.db.models import OuterRef, Subquery

from accounting.models import Draft
from invoices.models import Customer


def follow_merged_customers(draft: Draft) -> None:
    """Make the survivors the customers of the draft's documents.

    Whether it was merged before or while the confirmation window was open: as with a changed
    accounting key, the files name the customer as they are at claim. Two statements at most.
    """
    merged = Customer.objects.filter(merged_into__isnull=False)
    if merged.exists():
        draft.items.filter(customer__in=merged.values("pk")).update(
            customer=Subquery(merged.filter(pk=OuterRef("customer")).values("merged_into")[:1])
        )
