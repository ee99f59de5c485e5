"""Undoing in the model, and what a person must fix in QuickBooks (domain.md §3, §8)."""

from proof.batching import OPENING, Batch, FollowUp
from proof.documents import Documents, Payment
from proof.selecting import Selecting


class Undoing(Selecting):
    """Batches depend on batches; events that no file can carry become follow-ups."""

    def depends(self, later: Batch, earlier: Batch) -> bool:
        """Return whether a later batch prevents undoing an earlier one (§8)."""
        if later.number <= earlier.number or not later.is_live:
            return False
        sent = {item.document for item in earlier.items}
        inserted = {item.document for item in earlier.items if item.kind.endswith("_insert")}
        return any(
            item.document in sent
            or ("payment", item.payment) in inserted
            or ("invoice", item.invoice) in inserted
            or any(("invoice", invoice) in inserted for invoice, _ in item.rows)
            for item in later.items
        )

    def dependents(self, batch: Batch) -> list[Batch]:
        """Return all batches to undo before this one, newest first."""
        found = [batch]
        for later in self.batches:
            if any(self.depends(later, earlier) for earlier in found):
                found.append(later)
        return found[:0:-1]

    def undo(self, batch: Batch, *, with_dependents: bool = False) -> bool:
        """Undo a batch and return whether it may be; a refused undo changes nothing."""
        dependents = self.dependents(batch)
        if batch.number == OPENING or not batch.is_live or (dependents and not with_dependents):
            return False
        for each in [*dependents, batch]:
            each.status = "undone"
            for entry in self.follow_ups:
                if entry.batch == each.number:
                    entry.is_open = False
        for entry in self.follow_ups:
            if entry.cause in ("key_changed", "customer_merged") and not self._has_batched(
                entry.number
            ):
                entry.is_open = False
        return True

    def _has_batched(self, customer: str) -> bool:
        return any(
            batch.is_live and self.documents.is_one(item.customer, customer)
            for batch in self.batches
            for item in batch.items
        )

    def _was_sent(self, customer: str, before: Documents) -> bool:
        """Return whether a live batch names a customer, or one merged into it before."""
        return any(
            batch.is_live and before.is_one(item.customer, customer)
            for batch in self.batches
            for item in batch.items
        )

    def _raise_follow_ups(self, before: Documents) -> None:
        """Raise the follow-ups: after each record, by what it changed (§3)."""
        for number, customer in self.documents.customers.items():
            old = before.customers.get(number)
            if old is not None and old.merged_into is None and customer.merged_into is not None:
                self._settle("key_changed", number)
                if self._was_sent(number, before):
                    self.follow_ups.append(FollowUp("customer_merged", number, None))
            if old is not None and old.key != customer.key and self._has_batched(number):
                self.follow_ups.append(FollowUp("key_changed", number, None))
        for number, invoice in self.documents.invoices.items():
            if number in before.invoices and before.invoices[number].state != invoice.state:
                causes = {"void": "invoice_voided", "cancelled": "invoice_cancelled"}
                self._raise(causes.get(invoice.state), "invoice", number)
        for number, payment in self.documents.payments.items():
            if number in before.payments:
                old_payment = before.payments[number]
                if old_payment.state != payment.state:
                    causes = {"removed": "payment_removed", "disputed": "payment_disputed"}
                    self._raise(causes.get(payment.state), "payment", number)
                if payment.state == "kept":
                    self._settle("payment_disputed", number)
                if not self._is_emptied(payment):
                    self._settle("payment_emptied", number)
                elif old_payment.amount != payment.amount:
                    self._raise("payment_emptied", "payment", number)

    def _settle(self, cause: str, number: str) -> None:
        for entry in self.follow_ups:
            if (entry.cause, entry.number) == (cause, number):
                entry.is_open = False

    def _is_emptied(self, payment: Payment) -> bool:
        netted = [
            self.documents.refunds[number].amount for number in self.netted_in(payment.number)
        ]
        return payment.amount <= sum(netted)

    def _raise(self, cause: str | None, document: str, number: str) -> None:
        batch = self.inserted_by(document, number)
        if cause is not None and batch is not None:
            self.follow_ups.append(FollowUp(cause, number, batch.number))

    def open_follow_ups(self) -> set[tuple[str, str]]:
        """Return cause and number of what is still to be done."""
        return {(entry.cause, entry.number) for entry in self.follow_ups if entry.is_open}
