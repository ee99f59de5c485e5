"""Which documents of the model need batching (domain.md §3)."""

from typing import Any

from proof.batching import Item, UnbatchedRow
from proof.books import Books
from proof.documents import Payment


class Needing(Books):
    """What appears on Unbatched."""

    def unbatched(self) -> list[UnbatchedRow]:
        """Return the rows of Unbatched, sorted."""
        rows = [*self._invoice_rows(), *self._credit_memo_rows()]
        rows += [*self._payment_rows(), *self._journal_rows()]
        return sorted(rows, key=lambda row: (row.kind, row.number))

    def _invoice_rows(self) -> list[UnbatchedRow]:
        rows = []
        for invoice in self.documents.invoices.values():
            if invoice.state != "finalized" or invoice.held or invoice.frozen is None:
                continue
            newest = self.newest("invoice", invoice.number)
            if newest is None:
                kind, needs_batching = "invoice_insert", invoice.frozen.total != 0
            else:
                kind, needs_batching = "invoice_update", newest[1].fingerprint != invoice.frozen
            if needs_batching:
                content = invoice.frozen
                rows.append(
                    UnbatchedRow(
                        kind,
                        invoice.number,
                        content.date,
                        content.department,
                        self._name(invoice.customer),
                        content.total,
                    )
                )
        return rows

    def _credit_memo_rows(self) -> list[UnbatchedRow]:
        rows = []
        for memo in self.documents.credit_memos.values():
            invoice = self.documents.invoices[memo.invoice]
            sent = self.newest("invoice", memo.invoice)
            if sent is None or invoice.held or self.newest("credit_memo", memo.number):
                continue
            content = sent[1].content
            assert content is not None
            rows.append(
                UnbatchedRow(
                    "credit_memo",
                    memo.number,
                    memo.date,
                    content.department,
                    self._name(invoice.customer),
                    content.total,
                )
            )
        return rows

    def _payment_rows(self) -> list[UnbatchedRow]:
        rows = []
        for payment in self.documents.payments.values():
            if payment.state != "kept" or self.documents.is_held(payment):
                continue
            newest = self.newest("payment", payment.number)
            amount = payment.amount - sum(
                self.documents.refunds[number].amount for number in self._netted(payment.number)
            )
            if amount <= 0:
                continue
            if newest is not None and not self._needs_update(payment, newest):
                continue
            rows.append(
                UnbatchedRow(
                    "payment_insert" if newest is None else "payment_update",
                    payment.number,
                    payment.date,
                    self.documents.department_of(payment),
                    self._name(payment.customer),
                    amount,
                )
            )
        return rows

    def _netted(self, payment: str) -> tuple[str, ...]:
        """Return the refunds that reduce the rows of a payment if it is batched now."""
        if self.newest("payment", payment) is None:
            return tuple(refund.number for refund in self.documents.refunds_of(payment))
        return self.netted_in(payment)

    def _needs_update(self, payment: Payment, newest: tuple[int, Item]) -> bool:
        batch, item = newest
        if item.fingerprint != self._payment_fingerprint(payment):
            return True
        for invoice, _ in self.documents.rows_of(payment):
            sent = self.newest("invoice", invoice) if invoice else None
            if sent is not None and sent[0] > batch:
                return True
        return False

    def _payment_fingerprint(self, payment: Payment) -> Any:
        rows = self.documents.rows_of(payment)
        named = [self.documents.invoices[invoice].frozen for invoice, _ in rows if invoice]
        return payment.date, payment.method, payment.reference, payment.memo, rows, named

    def _journal_rows(self) -> list[UnbatchedRow]:
        rows = []
        for refund in self.documents.refunds.values():
            payment = self.documents.payments[refund.payment]
            if self.newest("payment", payment.number) is None or self._is_netted(refund.number):
                continue
            if self.newest("refund", refund.number) is None:
                rows.append(
                    UnbatchedRow(
                        "journal",
                        refund.number,
                        refund.date,
                        self.documents.department_of(payment),
                        self._name(payment.customer),
                        refund.amount,
                    )
                )
        return rows
