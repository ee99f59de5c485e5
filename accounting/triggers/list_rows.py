"""How the database maintains the rows of the document lists (ADR 24): the triggers, and their SQL.

Whatever changes how a document is listed — itself, its revision or draft, what was paid or refunded
on it, the department of its job, a merge of its customer — brings its row up to date in the same
statement, whoever wrote it. The triggers work as those of the unbatched documents do (ADR 15).
"""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from accounting.models import InvoiceListRow, PaymentListRow
from accounting.triggers.maintaining_trigger import MaintainingTrigger, install_maintaining_triggers
from sera_batching.database.sql import refresh_statistics

_HELD_BY_PAYMENTS: Final = """
SELECT SUM({greatest}(0, {least}(a.amount_cents, pr.amount_cents
    - COALESCE((SELECT SUM(f.amount_cents) FROM payments_refund f WHERE f.payment_id = p.id), 0)
    - COALESCE((SELECT SUM(e.amount_cents) FROM payments_allocation e
        WHERE e.revision_id = a.revision_id AND e.position < a.position), 0))))
FROM payments_allocation a
JOIN payments_payment p ON p.current_revision_id = a.revision_id AND p.state <> 'removed'
JOIN payments_paymentrevision pr ON pr.id = a.revision_id
WHERE a.invoice_id = i.id"""
"""What refunds leave of a payment fills its allocations from first to last."""

_LIST_INVOICES: Final = f"""
INSERT INTO accounting_listedinvoice (
    invoice_id, folded_number, customer_id, department_id, status, is_on_hold, date, amount_cents,
    open_cents
)
SELECT i.id, LOWER(i.number), COALESCE(c.merged_into_id, c.id),
    CASE WHEN r.id IS NULL THEN d.department_id ELSE r.department_id END,
    i.status, i.is_on_hold, COALESCE(r.date, d.date), COALESCE(r.total_cents, d.total_cents),
    CASE WHEN i.status IN ('void', 'cancelled') THEN 0
        ELSE COALESCE(r.total_cents, d.total_cents) - COALESCE(({_HELD_BY_PAYMENTS}), 0) END
FROM invoices_invoice i
JOIN invoices_customer c ON c.id = i.customer_id
LEFT JOIN invoices_invoicerevision r ON r.id = i.current_revision_id
LEFT JOIN invoices_invoicedraft d ON d.invoice_id = i.id
WHERE i.id IN ({{ids}}) AND (r.id IS NOT NULL OR d.id IS NOT NULL)
ON CONFLICT (invoice_id) DO UPDATE SET {{set}}"""  # noqa: S608 - our names

_LIST_PAYMENTS: Final = """
INSERT INTO accounting_listedpayment (
    payment_id, folded_number, folded_reference, customer_id, department_id, state, method, date,
    amount_cents, open_cents
)
SELECT p.id, LOWER(p.number), LOWER(r.reference), COALESCE(c.merged_into_id, c.id),
    COALESCE(j.department_id,
        CASE WHEN fr.id IS NULL THEN fd.department_id ELSE fr.department_id END),
    p.state, r.method, r.date, r.amount_cents,
    CASE WHEN p.state = 'removed' THEN 0 ELSE {greatest}(0, r.amount_cents
        - COALESCE((SELECT SUM(a.amount_cents) FROM payments_allocation a
            WHERE a.revision_id = r.id), 0)
        - COALESCE((SELECT SUM(f.amount_cents) FROM payments_refund f
            WHERE f.payment_id = p.id), 0)) END
FROM payments_payment p
JOIN payments_paymentrevision r ON r.id = p.current_revision_id
JOIN invoices_customer c ON c.id = p.customer_id
LEFT JOIN invoices_job j ON j.id = r.job_id
LEFT JOIN invoices_invoice f ON f.id = r.first_invoice_id
LEFT JOIN invoices_invoicerevision fr ON fr.id = f.current_revision_id
LEFT JOIN invoices_invoicedraft fd ON fd.invoice_id = f.id
WHERE p.id IN ({ids})
ON CONFLICT (payment_id) DO UPDATE SET {set}"""

_LOCK: Final = "SELECT 1 FROM {table} WHERE {key} IN ({ids}) ORDER BY {key} FOR UPDATE"
"""Writers of different documents may update the same row: the later one reads it again."""

_ALL: Final = "{ids}"
_INVOICES_OF_REVISIONS: Final = (
    "SELECT id FROM invoices_invoice WHERE current_revision_id IN ({ids})"
)
_INVOICES_OF_PAYMENTS: Final = """
    SELECT named.invoice_id FROM payments_payment whole
    JOIN payments_allocation named ON named.revision_id = whole.current_revision_id
    WHERE whole.id IN ({ids})"""
_INVOICES_OF_MOVED_PAYMENTS: Final = """
    SELECT named.invoice_id FROM payments_payment whole
    JOIN payments_paymentrevision newest ON newest.id = whole.current_revision_id
    JOIN payments_paymentrevision form ON form.payment_id = whole.id
        AND form.sequence IN (newest.sequence, newest.sequence - 1)
    JOIN payments_allocation named ON named.revision_id = form.id
    WHERE whole.id IN ({ids})"""
"""Of its revision and the previous one: an invoice that it no longer pays is open again.

Not of older ones: a change of an invoice locks the payments that are on it, not those that once
were, and waiting for those here could deadlock.
"""
_INVOICES_OF_FORMS: Final = """
    SELECT named.invoice_id FROM payments_payment whole
    JOIN payments_allocation named ON named.revision_id = whole.current_revision_id
    WHERE whole.current_revision_id IN ({ids})"""
_INVOICES_OF_CUSTOMERS: Final = "SELECT id FROM invoices_invoice WHERE customer_id IN ({ids})"
_PAYMENTS_OF_FORMS: Final = "SELECT id FROM payments_payment WHERE current_revision_id IN ({ids})"
_PAYMENTS_OF_INVOICES: Final = """
    SELECT whole.id FROM payments_paymentrevision form
    JOIN payments_payment whole ON whole.current_revision_id = form.id
    WHERE form.first_invoice_id IN ({ids})"""
_PAYMENTS_OF_JOBS: Final = """
    SELECT whole.id FROM payments_paymentrevision form
    JOIN payments_payment whole ON whole.current_revision_id = form.id
    WHERE form.job_id IN ({ids})"""
_PAYMENTS_OF_CUSTOMERS: Final = "SELECT id FROM payments_payment WHERE customer_id IN ({ids})"


@dataclass(frozen=True, slots=True)
class ListTrigger(MaintainingTrigger):
    """A trigger that maintains the lists; beside the one of the unbatched documents on the table.

    `part` tells it from another one for the same table and event.
    """

    part: str = ""

    @property
    def name(self) -> str:
        return f"{self.table}_listed_{self.event.lower()}{self.part}"


def maintaining_triggers() -> tuple[ListTrigger, ...]:
    """Return every trigger, in the words of this kind of database.

    Each lists invoices before payments: all writers lock the rows in one order.
    """
    all_invoices, all_payments = _list_invoices(_ALL), _list_payments(_ALL)
    payments_of_invoices = _list_payments(_PAYMENTS_OF_INVOICES)
    of_payments = (*_list_invoices(_INVOICES_OF_PAYMENTS), *all_payments)
    of_moved_payments = (*_list_invoices(_INVOICES_OF_MOVED_PAYMENTS), *all_payments)
    of_forms = (*_list_invoices(_INVOICES_OF_FORMS), *_list_payments(_PAYMENTS_OF_FORMS))
    of_customers = (
        *_list_invoices(_INVOICES_OF_CUSTOMERS),
        *_list_payments(_PAYMENTS_OF_CUSTOMERS),
    )
    drop_invoice = ("DELETE FROM accounting_listedinvoice WHERE invoice_id IN ({ids})",)
    drop_payment = ("DELETE FROM accounting_listedpayment WHERE payment_id IN ({ids})",)
    of_invoices = (*all_invoices, *payments_of_invoices)
    return (
        # Without the preceding lock: nobody else updates a new row.
        ListTrigger("invoices_invoice", "INSERT", (("id", all_invoices[-1:]),)),
        ListTrigger(
            "invoices_invoice",
            "UPDATE",
            (("id", of_invoices),),
            ("number", "customer_id", "status", "is_on_hold", "current_revision_id"),
        ),
        ListTrigger("invoices_invoice", "DELETE", (("id", drop_invoice),)),
        # A key that is checked at commit lets the document be written before its revision.
        ListTrigger(
            "invoices_invoicerevision", "INSERT", (("id", _list_invoices(_INVOICES_OF_REVISIONS)),)
        ),
        ListTrigger("invoices_invoicedraft", "INSERT", (("invoice_id", of_invoices),)),
        ListTrigger(
            "invoices_invoicedraft",
            "UPDATE",
            (("invoice_id", of_invoices),),
            ("date", "department_id", "total_cents"),
        ),
        ListTrigger("invoices_customer", "UPDATE", (("id", of_customers),), ("merged_into_id",)),
        ListTrigger(
            "invoices_job",
            "UPDATE",
            (("id", _list_payments(_PAYMENTS_OF_JOBS)),),
            ("department_id",),
        ),
        ListTrigger("payments_payment", "INSERT", (("id", all_payments[-1:]),)),
        ListTrigger(
            "payments_payment", "UPDATE", (("id", of_payments),), ("number", "customer_id", "state")
        ),
        ListTrigger(
            "payments_payment",
            "UPDATE",
            (("id", of_moved_payments),),
            ("current_revision_id",),
            "_form",
        ),
        ListTrigger("payments_payment", "DELETE", (("id", drop_payment),)),
        ListTrigger(
            "payments_paymentrevision", "INSERT", (("id", _list_payments(_PAYMENTS_OF_FORMS)),)
        ),
        ListTrigger("payments_allocation", "INSERT", (("revision_id", of_forms),)),
        ListTrigger(
            "payments_allocation", "UPDATE", (("revision_id", of_forms),), ("amount_cents",)
        ),
        ListTrigger("payments_refund", "INSERT", (("payment_id", of_payments),)),
        ListTrigger("payments_refund", "UPDATE", (("payment_id", of_payments),), ("amount_cents",)),
    )


def _list_invoices(ids: str) -> tuple[str, ...]:
    return _listing(_LIST_INVOICES, ids, InvoiceListRow, "invoice_id")


def _list_payments(ids: str) -> tuple[str, ...]:
    return _listing(_LIST_PAYMENTS, ids, PaymentListRow, "payment_id")


def _listing(
    statement: str, ids: str, model: type[InvoiceListRow | PaymentListRow], key: str
) -> tuple[str, ...]:
    """Return what lists the documents that the ids lead to; a row that is so already stays."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    is_postgresql = connection.vendor == "postgresql"
    was = ", ".join(f"{table}.{column}" for column in columns)
    now = ", ".join(f"excluded.{column}" for column in columns)
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    words = {
        "{greatest}": "GREATEST" if is_postgresql else "MAX",
        "{least}": "LEAST" if is_postgresql else "MIN",
        "{set}": ", ".join(f"{column} = excluded.{column}" for column in columns)
        + f" WHERE ({was}) {differs} ({now})",
        "{table}": table,
        "{key}": key,
        "{ids}": ids,
    }
    spoken = []
    for one in (_LOCK, statement) if is_postgresql else (statement,):
        for word, meaning in words.items():
            one = one.replace(word, meaning)
        spoken.append(one)
    return tuple(spoken)


def install() -> None:
    """Recreate every trigger and refill the tables; safe to repeat."""
    install_maintaining_triggers(maintaining_triggers(), (InvoiceListRow, PaymentListRow), rebuild)


def rebuild() -> None:
    """Work out both tables from all documents; the caller holds the exclusive books lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM accounting_listedinvoice WHERE NOT EXISTS ("
            "SELECT 1 FROM invoices_invoice i WHERE i.id = accounting_listedinvoice.invoice_id)"
        )
        cursor.execute(_list_invoices("SELECT id FROM invoices_invoice")[-1])
        cursor.execute(
            "DELETE FROM accounting_listedpayment WHERE NOT EXISTS ("
            "SELECT 1 FROM payments_payment p WHERE p.id = accounting_listedpayment.payment_id)"
        )
        cursor.execute(_list_payments("SELECT id FROM payments_payment")[-1])
    refresh_statistics(InvoiceListRow, PaymentListRow)
