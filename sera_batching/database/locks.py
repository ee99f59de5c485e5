"""The one lock that orders batching and changes of documents.

Confirming, undoing and releasing a batch take it exclusively; a feed transaction and every
action on a document take it shared, before they lock rows. SQLite needs none: its transactions
are IMMEDIATE, so there is one writer at a time.
"""

from typing import Final

from django.db import connection, transaction

BOOKS_LOCK_KEY: Final = 0x5E_2A_BA_7C


def _take(function: str) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The books lock needs a transaction.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [BOOKS_LOCK_KEY])


def exclusive_books_lock() -> None:
    """Wait until no document is being changed and nothing is being batched; hold until commit."""
    _take("pg_advisory_xact_lock")


def shared_books_lock() -> None:
    """Wait until nothing is being batched or undone; others may change documents meanwhile."""
    _take("pg_advisory_xact_lock_shared")
