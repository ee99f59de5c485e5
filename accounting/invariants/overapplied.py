"""The invariant of capping: no batch applied more to an invoice than it had room for (§3).

Checked against the books as they were when each batch was claimed. Lowering an invoice later, or
undoing a batch that had moved a payment away, is not a breach.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounting.invariants.breaches import Breach, ids_in_chunks, row_of
from accounting.models import OPENING_BATCH_ID, BatchItem, PaymentRow
from accounting.models.kinds import PAYMENT_KINDS
from invoices.models import Invoice
from payments.models import Allocation
from sera_batching.money import cents_text


@dataclass(frozen=True, slots=True)
class _Item:
    """A payment's item and its place in the history."""

    pk: int
    payment_id: int
    batch_id: int
    claimed_at: datetime
    undone_at: datetime | None
    revision_id: int

    def was_in_the_books(self, claim: "_Item") -> bool:
        """Tell whether the item was there, and live, after the batch of `claim` was claimed.

        The Opening batch can grow at any time; there item ids give the order.
        """
        if self.batch_id == OPENING_BATCH_ID:
            return self.pk < claim.pk
        was_undone = self.undone_at is not None and self.undone_at < claim.claimed_at
        return self.batch_id <= claim.batch_id and not was_undone


def no_batch_overapplied_an_invoice() -> Iterator[Breach]:
    """After each claim, the rows on an invoice that the batch named were at most its total then."""
    named = Exists(PaymentRow.objects.filter(invoice=OuterRef("pk")))
    for ids in ids_in_chunks(Invoice.objects.filter(named)):
        rows: dict[int, dict[int, PaymentRow]] = defaultdict(dict)
        for row in PaymentRow.objects.filter(invoice__in=ids).order_by("pk"):
            rows[row.invoice_id or 0][row.item_id] = row
        item_ids = {item_id for of_invoice in rows.values() for item_id in of_invoice}
        histories = _histories(item_ids)
        totals = _totals_at_claim(ids)
        for invoice_id, of_invoice in rows.items():
            yield from _overapplied(invoice_id, of_invoice, histories, totals)


def _histories(item_ids: set[int]) -> dict[int, list[_Item]]:
    """Return item id → all items of its payment, oldest batch first."""
    found: dict[int, list[_Item]] = defaultdict(list)
    payments = BatchItem.objects.filter(pk__in=item_ids).values("payment_id")
    items = BatchItem.objects.filter(payment__in=payments, kind__in=PAYMENT_KINDS)
    for values in items.order_by("batch_id", "pk").values_list(
        "pk",
        "payment_id",
        "batch_id",
        "batch__created_at",
        "batch__undone_at",
        "payment_revision_id",
    ):
        item = _Item(*values)
        found[item.payment_id].append(item)
    return {item.pk: history for history in found.values() for item in history}


def _totals_at_claim(invoice_ids: list[int]) -> dict[tuple[int, int], int]:
    """Return (payment revision id, invoice id) → the invoice's total that the payment knew."""
    named = Allocation.objects.filter(invoice__in=invoice_ids, invoice_revision__isnull=False)
    return {
        (revision, invoice): cents
        for revision, invoice, cents in named.values_list(
            "revision_id", "invoice_id", "invoice_revision__total_cents"
        )
    }


def _overapplied(
    invoice_id: int,
    rows: dict[int, PaymentRow],
    histories: dict[int, list[_Item]],
    totals: dict[tuple[int, int], int],
) -> Iterator[Breach]:
    """Look at the invoice after each claim that named it; `rows` are by item id."""
    involved = {histories[item_id][0].pk: histories[item_id] for item_id in rows}.values()
    claims: dict[int, _Item] = {}
    for item in (item for history in involved for item in history if item.pk in rows):
        claims.setdefault(item.batch_id, item)
    for claim in claims.values():
        if claim.batch_id == OPENING_BATCH_ID:
            # The Opening batch records what the books had: nothing is capped.
            continue
        total = totals.get((claim.revision_id, invoice_id), 0)
        held = [row for history in involved if (row := _row_at(claim, history, rows))]
        applied = sum(row.amount_cents for row in held)
        if applied > total:
            yield Breach(
                f"Batch {claim.batch_id} applied {cents_text(applied)} to an invoice of "
                f"{cents_text(total)}.",
                (
                    row_of(Invoice, invoice_id, total_cents=total),
                    *(
                        row_of(PaymentRow, row.pk, item_id=row.item_id, cents=row.amount_cents)
                        for row in held
                    ),
                ),
            )


def _row_at(claim: _Item, history: list[_Item], rows: dict[int, PaymentRow]) -> PaymentRow | None:
    """Return the row on the invoice that the payment had in the books after the claim."""
    newest = None
    for item in history:
        if item.was_in_the_books(claim):
            newest = item
    return rows.get(newest.pk) if newest else None
