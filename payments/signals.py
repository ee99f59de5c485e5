"""Signals to the apps above, sent inside the service's transaction."""

from django.dispatch import Signal

payments_frozen = Signal()
"""`revisions`: list of PaymentRevision just frozen, each now the current one; `origin`."""

payment_removed = Signal()
"""`payment`, `origin`."""

payment_disputed = Signal()
"""`payment`, `origin`."""

payment_restored = Signal()
"""`payment`, `origin`: after a dispute."""

refund_recorded = Signal()
"""`refund`, `origin`."""
