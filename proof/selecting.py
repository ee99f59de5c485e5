"""Which documents a batch of the model takes: ticks, blocks, drafts (domain.md §4)."""

import copy
import dataclasses
from typing import Any

from proof.batching import DOCUMENT_OF, INVOICE_KINDS, PAYMENT_KINDS, Batch, Selection, UnbatchedRow
from proof.laying_out import LayingOut


class Selecting(LayingOut):
    """Batches are drafted, confirmed and made."""

    def is_blocked(self, row: UnbatchedRow) -> bool:
        """Return whether a check of `workbooks.md` keeps the document out of every batch."""
        if self._is_closed(row):
            return True
        if row.kind in INVOICE_KINDS:
            content = self.documents.invoices[row.number].frozen
            assert content is not None
            has_bad_names = content.has_bad_names or len(content.terms) > 31
            return has_bad_names or content.is_due_too_early or content.has_untaxable_tax
        if row.kind == "credit_memo":
            restated = self._restated(row.number)
            return restated.has_bad_names or restated.has_untaxable_tax
        return False

    def _is_closed(self, row: UnbatchedRow) -> bool:
        """Return whether check 19 blocks: of an update, what was sent counts too (ADR 14)."""
        if self.closing_date is None:
            return False
        dates = [row.date]
        if row.kind.endswith("_update"):
            sent = self.newest(DOCUMENT_OF[row.kind], row.number)
            assert sent is not None
            dates.append(sent[1].date)
        return min(dates) <= self.closing_date

    def blocked(self) -> list[str]:
        """Return the names of the rows of Unbatched that cannot be selected, sorted."""
        return sorted(row.name for row in self.unbatched() if self.is_blocked(row))

    def chosen(self, selection: Selection) -> list[UnbatchedRow]:
        """Return what a batch of this selection would hold."""
        return [
            row for row in self.unbatched() if selection.takes(row) and not self.is_blocked(row)
        ]

    def make_batch(self, selection: Selection, *, status: str = "ready") -> Batch | None:
        """Batch what is selected; None if that is nothing."""
        rows = self.chosen(selection)
        return self.claim(rows, status=status) if rows else None

    def form_of(self, row: UnbatchedRow) -> Any:
        """Return what must be as the user saw it, or the document is left out (§4)."""
        if row.kind in INVOICE_KINDS:
            return self.documents.invoices[row.number].frozen
        if row.kind in PAYMENT_KINDS:
            return self._payment_form(row.number), self._netted(row.number)
        if row.kind == "credit_memo":
            return self._restated(row.number)
        return self._payment_form(self.documents.refunds[row.number].payment)

    def _payment_form(self, number: str) -> Any:
        """Return what a revision of a payment freezes, with the forms of the invoices it names."""
        payment = self.documents.payments[number]
        named: list[Any] = []
        if not self.documents.is_imported(payment.job):
            invoices = [self.documents.invoices[invoice] for invoice, _ in payment.allocations]
            named = [invoice.frozen for invoice in invoices if invoice.has_number_in_books]
        return dataclasses.replace(payment, settled=True, state="kept"), named

    def draft(self, selection: Selection) -> dict[str, Any]:
        """Draft what the user sees in the confirmation window."""
        return {row.name: copy.deepcopy(self.form_of(row)) for row in self.chosen(selection)}

    def confirm(self, draft: dict[str, Any]) -> Batch | None:
        """Batch what is unchanged since the draft; None if that is nothing."""
        rows = [
            row
            for row in self.unbatched()
            if row.name in draft
            and draft[row.name] == self.form_of(row)
            and not self.is_blocked(row)
        ]
        return self.claim(rows) if rows else None

    def claim(self, rows: list[UnbatchedRow], *, status: str = "ready") -> Batch:
        """Make a batch of these rows of Unbatched."""
        numbers = {kind: [row for row in rows if row.kind == kind] for kind in DOCUMENT_OF}
        invoices = [row.number for kind in INVOICE_KINDS for row in numbers[kind]]
        items = [
            self._invoice_item(row.kind, row.number)
            for kind in INVOICE_KINDS
            for row in numbers[kind]
        ]
        items += [self._credit_memo_item(row.number) for row in numbers["credit_memo"]]
        items += self._payment_items(
            [row for kind in PAYMENT_KINDS for row in numbers[kind]], invoices
        )
        items += [self._journal_item(row.number) for row in numbers["journal"]]
        batch = Batch(len(self.batches), items, status, has_zip=status == "ready")
        self.batches.append(batch)
        return batch
