"""The invariants of the tables that the database itself keeps for Unbatched (ADR 15).

That no open document is missing there, and none says what is no longer so, is what the invariants
of Unbatched find: they compare what it shows with what is worked out from all documents.
"""

from collections.abc import Iterator

from accounting.invariants.breaches import Breach
from accounting.triggers.keeper import missing
from accounting.triggers.open_documents import KEEPERS


def open_documents_are_kept() -> Iterator[Breach]:
    """Every trigger that keeps the open documents exists; `migrate` makes and fills all anew."""
    for name in missing(KEEPERS):
        yield Breach(f"The trigger {name} is missing; run migrate.", ({"trigger": name},))
