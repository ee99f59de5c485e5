"""Signals to the apps above, sent inside the service's transaction.

There are no others. Receivers write rows in the same transaction and refuse nothing.
"""

from django.dispatch import Signal

batch_ready = Signal()
"""`batch`: its zip has just been stored; `origin`."""

batch_failed = Signal()
"""`batch`: it could not be built, see `batch.failure`; `origin`."""

batch_undone = Signal()
"""`batch`: undone, or released after it failed; sent once per batch; `origin`."""
