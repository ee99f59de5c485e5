"""The model: the design of batching in its plainest form (domain.md §3 to §8)."""

import copy
from collections.abc import Collection
from typing import Final

from proof.acting import act_on_page
from proof.batching import OPENING
from proof.documents import Record, RefusedError, require
from proof.feeding import ACTORS, FEEDERS
from proof.undoing import Undoing

NAME_FIELDS: Final[dict[str, str]] = {"department": "name"}


class Model(Undoing):
    """What the feed and the pages may do to documents, batches and follow-ups."""

    def feed(self, record: Record) -> bool:
        """Take a record and return whether it was taken; a refused one changes nothing."""
        before = copy.deepcopy(self.documents)
        try:
            self._feed(record)
        except RefusedError:
            self.documents = before
            return False
        self._raise_follow_ups(before)
        return True

    def _feed(self, record: Record) -> None:
        kind = record["type"]
        if kind == "batched_before":
            self._feed_opening(record)
        elif kind == "page":
            act_on_page(self.documents, record)
        elif kind in ACTORS:
            ACTORS[kind](self.documents, record)
        else:
            identity = (kind, record[NAME_FIELDS.get(kind, "number")])
            if self.documents.last_fed.get(identity) != record:
                FEEDERS[kind](self.documents, record)
                self.documents.last_fed[identity] = record

    def _feed_opening(self, record: Record) -> None:
        kind, number = record["kind"], record["number"]
        known: dict[str, Collection[str]] = {
            "invoice": self.documents.invoices,
            "payment": self.documents.payments,
            "refund": self.documents.refunds,
        }
        require(number in known[kind], "unknown document")
        opening = self.batches[OPENING]
        if any(item.document == (kind, number) for item in opening.items):
            return
        require(self.newest(kind, number) is None, "a batch holds it")
        if kind == "invoice":
            invoice = self.documents.invoices[number]
            require(invoice.frozen is not None, "never finalized")
            require(not invoice.is_closed, "void or cancelled")
            opening.items.append(self._invoice_item("invoice_insert", number))
        elif kind == "payment":
            payment = self.documents.payments[number]
            require(payment.state != "removed", "removed")
            require(payment.amount > 0, "a payment of nothing")
            rows = self.documents.rows_of(payment)
            opening.items.append(self._payment_item("payment_insert", payment, rows, ()))
        else:
            refund = self.documents.refunds[number]
            held = [item.document for item in opening.items]
            require(("payment", refund.payment) in held, "its payment was not in the books")
            opening.items.append(self._journal_item(number))
