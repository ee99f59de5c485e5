"""What a batch of the model takes down of each document (domain.md §2, §3; workbooks.md)."""

import dataclasses
from collections.abc import Iterator
from typing import Final

from proof.batching import Item, UnbatchedRow
from proof.documents import Content, Payment, Row
from proof.needing import Needing

RECEIVABLE: Final = "Accounts Receivable (A/R)"
REFUND_ACCOUNT: Final = "Undeposited Funds"


class LayingOut(Needing):
    """Documents become items."""

    def _restated(self, memo: str) -> Content:
        sent = self.newest("invoice", self.documents.credit_memos[memo].invoice)
        assert sent is not None
        assert sent[1].content is not None
        return sent[1].content

    def _invoice_item(self, kind: str, number: str) -> Item:
        invoice = self.documents.invoices[number]
        content = invoice.frozen
        assert content is not None
        checks = []
        if any(not line.is_explained for line in content.lines):
            checks.append("8")
        sent = self.newest("invoice", number)
        if sent and sent[1].date.replace(day=1) != content.date.replace(day=1):
            checks.append("18")
        customer = self.documents.survivor(invoice.customer)
        is_taxed = content.tax_code != "" or content.tax_amount > 0
        if is_taxed and not all(customer.tax_address):
            checks.append("12")
        if not customer.has_good_email:
            checks.append("20")
        return Item(
            kind=kind,
            number=number,
            date=content.date,
            key=self._key(invoice.customer),
            customer=invoice.customer,
            amount=content.total,
            fingerprint=content,
            content=content,
            checks=tuple(checks),
            email=customer.email if customer.has_good_email else "",
        )

    def _credit_memo_item(self, number: str) -> Item:
        memo = self.documents.credit_memos[number]
        content = self._restated(number)
        customer = self.documents.invoices[memo.invoice].customer
        party = self.documents.survivor(customer)
        checks = [] if party.has_good_email else ["20"]
        if any(not line.is_explained for line in content.lines):
            checks.append("8")
        return Item(
            kind="credit_memo",
            number=number,
            date=memo.date,
            key=self._key(customer),
            customer=customer,
            amount=content.total,
            fingerprint=None,
            content=content,
            invoice=memo.invoice,
            checks=tuple(checks),
            email=party.email if party.has_good_email else "",
        )

    def _journal_item(self, number: str) -> Item:
        refund = self.documents.refunds[number]
        customer = self.documents.payments[refund.payment].customer
        return Item(
            kind="journal",
            number=number,
            date=refund.date,
            key=self._key(customer),
            customer=customer,
            amount=refund.amount,
            fingerprint=None,
            payment=refund.payment,
            facts=(RECEIVABLE, REFUND_ACCOUNT),
        )

    def _payment_item(
        self, kind: str, payment: Payment, rows: list[Row], netted: tuple[str, ...]
    ) -> Item:
        before = self.documents.rows_of(payment)
        return Item(
            kind=kind,
            number=payment.number,
            date=payment.date,
            key=self._key(payment.customer),
            customer=payment.customer,
            amount=sum(amount for _, amount in rows),
            fingerprint=self._payment_fingerprint(payment),
            rows=tuple(rows),
            allocated=tuple(invoice for invoice, _ in before if invoice),
            netted=netted,
            facts=(payment.method, payment.reference),
        )

    def _payment_items(self, chosen: list[UnbatchedRow], invoices: list[str]) -> list[Item]:
        in_batch = {row.number for row in chosen}
        laid_out: list[Item] = []
        for row in sorted(chosen, key=lambda row: (row.date, row.number)):
            payment = self.documents.payments[row.number]
            netted = self._netted(payment.number)
            after_netting = self._net(payment, netted)
            rows = self._cap(after_netting, laid_out, in_batch)
            item = self._payment_item(row.kind, payment, rows, netted)
            checks = self._payment_checks(row.kind, payment, after_netting, rows, invoices)
            item = dataclasses.replace(item, checks=tuple(checks))
            laid_out.append(item)
        return laid_out

    def _payment_checks(
        self,
        kind: str,
        payment: Payment,
        after_netting: list[Row],
        rows: list[Row],
        invoices: list[str],
    ) -> Iterator[str]:
        """Yield a check for each invoice, refund or job that it finds something about."""
        for invoice, amount in after_netting:
            if invoice is not None:
                if (invoice, amount) not in rows:
                    yield "15"
                if invoice not in invoices and self.newest("invoice", invoice) is None:
                    yield "14"
        if kind == "payment_insert":
            for number in self._netted(payment.number):
                refunded_on = self.documents.refunds[number].date
                if refunded_on.replace(day=1) != payment.date.replace(day=1):
                    yield "15b"
        if self.documents.is_imported(payment.job):
            yield "16"

    def _net(self, payment: Payment, netted: tuple[str, ...]) -> list[Row]:
        """Take the netted refunds off the blank row, then off the last named rows."""
        left = sum(self.documents.refunds[number].amount for number in netted)
        rows = []
        for invoice, amount in reversed(self.documents.rows_of(payment)):
            taken = min(left, amount)
            left -= taken
            if amount > taken:
                rows.append((invoice, amount - taken))
        return rows[::-1]

    def _cap(self, rows: list[Row], laid_out: list[Item], in_batch: set[str]) -> list[Row]:
        """Cap each named row at the room of its invoice; the blank row takes what is over."""
        capped: list[Row] = []
        blank = 0
        for invoice, amount in rows:
            if invoice is None:
                blank += amount
                continue
            fits = min(amount, max(0, self._room(invoice, laid_out, in_batch)))
            blank += amount - fits
            if fits:
                capped.append((invoice, fits))
        return [*capped, (None, blank)] if blank else capped

    def _room(self, invoice: str, laid_out: list[Item], in_batch: set[str]) -> int:
        frozen = self.documents.invoices[invoice].frozen
        assert frozen is not None
        items = list(laid_out)
        for number in self.documents.payments:
            newest = self.newest("payment", number)
            if number not in in_batch and newest is not None:
                items.append(newest[1])
        taken = sum(amount for item in items for name, amount in item.rows if name == invoice)
        return frozen.total - taken
