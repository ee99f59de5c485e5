"""Forgetting what is kept of payments that need not be sent: it costs every look at Unbatched."""

from django.db import transaction

from accounting.unbatched.rows import settled_payments
from sera_batching.database.locks import shared_books_lock


@transaction.atomic
def forget_settled_payments() -> int:
    """Take payments that are settled off the open ones; return how many.

    Nothing is batched meanwhile. A payment that is changed meanwhile has its row written anew by
    that change, which this does not touch; whatever opens it again later writes it again.
    """
    shared_books_lock()
    count, _ = settled_payments().delete()
    return count
