"""What the live batches of the model hold (domain.md §2)."""

import datetime

from proof.batching import OPENING, Batch, FollowUp, Item
from proof.documents import Documents


class Books:
    """One company: its documents, its batches, and what to fix in QuickBooks."""

    def __init__(self) -> None:
        """Begin with nothing but an empty Opening batch."""
        self.documents = Documents()
        self.batches: list[Batch] = [Batch(OPENING)]
        self.follow_ups: list[FollowUp] = []
        self.closing_date: datetime.date | None = None

    def newest(self, document: str, number: str) -> tuple[int, Item] | None:
        """Return the newest live item of a document with the number of its batch."""
        found = [
            (batch.number, item)
            for batch in self.batches
            for item in batch.items
            if batch.is_live and item.document == (document, number)
        ]
        return found[-1] if found else None

    def inserted_by(self, document: str, number: str) -> Batch | None:
        """Return the live batch that inserted a document."""
        for batch in self.batches:
            if batch.is_live and any(item.document == (document, number) for item in batch.items):
                return batch
        return None

    def netted_in(self, payment: str) -> tuple[str, ...]:
        """Return the refunds that the live insert of a payment netted."""
        batch = self.inserted_by("payment", payment)
        if batch is None:
            return ()
        return next(item.netted for item in batch.items if item.document == ("payment", payment))

    def _is_netted(self, refund: str) -> bool:
        return refund in self.netted_in(self.documents.refunds[refund].payment)

    def _key(self, customer: str) -> str:
        return self.documents.survivor(customer).key

    def _name(self, customer: str) -> str:
        return self.documents.survivor(customer).name
