"""How the database maintains the unbatched documents (ADR 15): the triggers, and their SQL.

Any write that can open or settle a document (a document, a revision, an item claimed or released)
updates the rows of exactly those documents in the same statement. PostgreSQL does so once per
statement, SQLite once per row. The triggers are not part of migrations: they are recreated, and the
tables refilled, after every migrate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection

from accounting.models import CandidatePayment, UnbatchedInvoice
from accounting.triggers.maintaining_trigger import MaintainingTrigger, install_maintaining_triggers
from sera_batching.database.sql import refresh_statistics

_DROP_INVOICES: Final = "DELETE FROM accounting_openinvoice WHERE invoice_id IN ({ids})"
_ADD_INVOICES: Final = """
INSERT INTO accounting_openinvoice (
    invoice_id, number, customer_id, revision_id, sequence, date, department_id, amount_cents,
    fingerprint, changed_at, previous_id, sent_date
)
SELECT i.id, i.number, i.customer_id, r.id, r.sequence, r.date, r.department_id, r.total_cents,
    r.fingerprint, r.frozen_at, n.id, n.date
FROM invoices_invoice i
JOIN invoices_invoicerevision r ON r.id = i.current_revision_id
LEFT JOIN accounting_batchitem n ON n.invoice_id = i.id AND n.is_newest
WHERE i.id IN ({ids}) AND i.status = 'finalized' AND NOT i.is_on_hold
    AND CASE WHEN n.id IS NULL THEN r.total_cents > 0 ELSE n.fingerprint <> r.fingerprint END"""
_INVOICES: Final = (_DROP_INVOICES, _ADD_INVOICES)

_DROP_PAYMENTS: Final = "DELETE FROM accounting_openpayment WHERE payment_id IN ({ids})"
_ADD_PAYMENTS: Final = """
INSERT INTO accounting_openpayment (
    payment_id, number, customer_id, revision_id, sequence, job_id, first_invoice_id, date,
    amount_cents, fingerprint, changed_at, previous_id, sent_batch_id, sent_fingerprint, sent_date
)
SELECT p.id, p.number, p.customer_id, r.id, r.sequence, r.job_id, r.first_invoice_id, r.date,
    r.amount_cents, r.fingerprint, r.frozen_at, n.id, n.batch_id, n.fingerprint, n.date
FROM payments_payment p
JOIN payments_paymentrevision r ON r.id = p.current_revision_id
LEFT JOIN accounting_batchitem n ON n.payment_id = p.id AND n.is_newest
WHERE p.id IN ({ids}) AND p.state = 'active'
    AND (n.id IS NULL OR n.payment_revision_id <> r.id OR EXISTS (
        SELECT 1 FROM payments_allocation a
        JOIN accounting_batchitem s ON s.invoice_id = a.invoice_id AND s.is_newest
        WHERE a.revision_id = r.id AND a.invoice_revision_id IS NOT NULL
            AND s.batch_id > n.batch_id
    ))
ON CONFLICT DO NOTHING"""
_PAYMENTS: Final = (_DROP_PAYMENTS, _ADD_PAYMENTS)

_REPOINTED: Final = _ADD_PAYMENTS.replace(
    "{ids}",
    """
    SELECT named.id
    FROM (SELECT NEW.invoice_id AS invoice_id, NEW.batch_id AS batch_id) later
    JOIN payments_allocation part
        ON part.invoice_id = later.invoice_id AND part.invoice_revision_id IS NOT NULL
    JOIN payments_payment named ON named.current_revision_id = part.revision_id
    JOIN accounting_batchitem sent ON sent.payment_id = named.id AND sent.is_newest
    WHERE NEW.is_newest AND sent.batch_id < later.batch_id
""",
)
"""The payments of an invoice that went out after them (domain.md §3, d); the same in sets below."""

_NAMING: Final = """
SELECT array_agg(DISTINCT part.revision_id) FROM new_rows later
JOIN payments_allocation part
    ON part.invoice_id = later.invoice_id AND part.invoice_revision_id IS NOT NULL
WHERE later.is_newest AND NOT EXISTS (
    SELECT FROM new_rows beside
    WHERE beside.payment_revision_id = part.revision_id AND beside.payment_id IS NOT NULL
        AND beside.is_newest AND beside.batch_id >= later.batch_id
)"""
"""Revisions of payments that name an invoice among the items but do not go with it.

A journal names the revision of its refund's payment, which need not go along.
"""
_ADD_NAMING: Final = _ADD_PAYMENTS.replace(
    "{ids}", "SELECT id FROM payments_payment WHERE current_revision_id IN ({ids})"
).replace("n.id IS NULL OR n.payment_revision_id <> r.id OR ", "")

_SETTLE_INVOICES: Final = """
DELETE FROM accounting_openinvoice maintained USING new_rows sent
WHERE maintained.invoice_id = sent.invoice_id AND sent.is_newest
    AND maintained.revision_id = sent.invoice_revision_id
    AND maintained.fingerprint = sent.fingerprint
RETURNING maintained.invoice_id AS id"""
_SETTLE_PAYMENTS: Final = """
DELETE FROM accounting_openpayment maintained USING new_rows sent
WHERE maintained.payment_id = sent.payment_id AND sent.is_newest
    AND maintained.revision_id = sent.payment_revision_id
    AND sent.batch_id >= (SELECT MAX(batch.id) FROM accounting_batch batch)
RETURNING maintained.payment_id AS id"""
"""Of the newest batch: no invoice of the payment can have been sent after it."""


def _through(statements: tuple[str, ...], ids: str) -> tuple[str, ...]:
    return tuple(statement.replace("{ids}", ids) for statement in statements)


_INVOICES_OF_REVISIONS: Final = _through(
    _INVOICES, "SELECT id FROM invoices_invoice WHERE current_revision_id IN ({ids})"
)
_PAYMENTS_OF_REVISIONS: Final = _through(
    _PAYMENTS, "SELECT id FROM payments_payment WHERE current_revision_id IN ({ids})"
)


@dataclass(frozen=True, slots=True)
class ItemTrigger(MaintainingTrigger):
    """A trigger on the items: a claim settles nearly all of its documents by one DELETE.

    If an item has the revision that the table has, nothing else remains to be done. The rest is
    recomputed, and so are payments that need an update because of the items' invoices. An update of
    items only sets their flags, so each of its rows counts.
    """

    def _row_statements(self) -> Iterator[str]:
        yield from MaintainingTrigger._row_statements(self)
        yield _REPOINTED

    def _steps(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for key, statements in self.work:
            query = self._written(key)
            if self.event == "INSERT":
                settled = _SETTLE_INVOICES if key == "invoice_id" else _SETTLE_PAYMENTS
                query = (
                    f"WITH settled AS ({settled}) {query} AND NOT EXISTS "
                    f"(SELECT FROM settled WHERE settled.id = changed.{key})"
                )
            yield query, statements
        yield _NAMING, (_ADD_NAMING,)


_OF_ITEMS: Final = (("invoice_id", _INVOICES), ("payment_id", _PAYMENTS))
MAINTAINING_TRIGGERS: Final = (
    MaintainingTrigger("invoices_invoice", "INSERT", (("id", _INVOICES),)),
    MaintainingTrigger(
        "invoices_invoice",
        "UPDATE",
        (("id", _INVOICES),),
        ("number", "customer_id", "status", "is_on_hold", "current_revision_id"),
    ),
    MaintainingTrigger("invoices_invoice", "DELETE", (("id", (_DROP_INVOICES,)),)),
    # A key that is checked at commit lets the document be written before its revision.
    MaintainingTrigger("invoices_invoicerevision", "INSERT", (("id", _INVOICES_OF_REVISIONS),)),
    MaintainingTrigger("payments_payment", "INSERT", (("id", _PAYMENTS),)),
    MaintainingTrigger(
        "payments_payment",
        "UPDATE",
        (("id", _PAYMENTS),),
        ("number", "customer_id", "state", "current_revision_id"),
    ),
    MaintainingTrigger("payments_payment", "DELETE", (("id", (_DROP_PAYMENTS,)),)),
    MaintainingTrigger("payments_paymentrevision", "INSERT", (("id", _PAYMENTS_OF_REVISIONS),)),
    ItemTrigger("accounting_batchitem", "INSERT", _OF_ITEMS),
    ItemTrigger("accounting_batchitem", "UPDATE", _OF_ITEMS, ("is_newest",)),
)


def install() -> None:
    """Recreate every trigger and refill the tables; safe to repeat."""
    install_maintaining_triggers(
        MAINTAINING_TRIGGERS, (UnbatchedInvoice, CandidatePayment), rebuild
    )


def rebuild() -> None:
    """Work out both tables from all documents; the caller holds the exclusive books lock."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounting_openinvoice")
        cursor.execute(_ADD_INVOICES.replace("{ids}", "SELECT id FROM invoices_invoice"))
        cursor.execute("DELETE FROM accounting_openpayment")
        cursor.execute(_ADD_PAYMENTS.replace("{ids}", "SELECT id FROM payments_payment"))
    refresh_statistics(UnbatchedInvoice, CandidatePayment)
