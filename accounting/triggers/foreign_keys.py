"""Foreign keys of what a claim writes in bulk, checked once per statement (ADR 25).

A foreign key is checked row by row at commit, which took more than a third of a claim. So on
PostgreSQL the parties, the items and the payments' rows have triggers instead, which check a whole
statement by joins. They check more than the keys did: that an item's party belongs to its batch and
customer, and its revision to its document. Most of what they name is frozen and cannot be deleted;
the rest has a trigger that protects it. SQLite keeps its foreign keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection

from sera_batching.database.locks import BOOKS_LOCK_KEY


@dataclass(frozen=True, slots=True)
class Reference:
    """What a written row must find in another table; `is_due` says for which rows, in SQL."""

    to: str
    match: str
    is_due: str = "TRUE"


REFERENCES: Final[dict[str, tuple[Reference, ...]]] = {
    "accounting_batchparty": (
        Reference("accounting_batch", "named.id = written.batch_id"),
        Reference("invoices_customer", "named.id = written.customer_id"),
    ),
    "accounting_batchitem": (
        Reference(
            "accounting_batchparty",
            "named.id = written.party_id AND named.batch_id = written.batch_id "
            "AND named.customer_id = written.customer_id",
        ),
        Reference(
            "invoices_invoicerevision",
            "named.id = written.invoice_revision_id "
            "AND (written.invoice_id IS NULL OR named.invoice_id = written.invoice_id)",
            "written.invoice_revision_id IS NOT NULL",
        ),
        Reference(
            "payments_paymentrevision",
            "named.id = written.payment_revision_id "
            "AND (written.payment_id IS NULL OR named.payment_id = written.payment_id)",
            "written.payment_revision_id IS NOT NULL",
        ),
        Reference(
            "invoices_department",
            "named.id = written.department_id",
            "written.department_id IS NOT NULL",
        ),
        Reference(
            "accounting_batchitem",
            "named.id = written.previous_id",
            "written.previous_id IS NOT NULL",
        ),
        Reference(
            "payments_refund", "named.id = written.refund_id", "written.refund_id IS NOT NULL"
        ),
        Reference(
            "invoices_creditmemo",
            "named.id = written.credit_memo_id",
            "written.credit_memo_id IS NOT NULL",
        ),
    ),
    "accounting_paymentrow": (
        Reference("accounting_batchitem", "named.id = written.item_id"),
        Reference(
            # A frozen invoice; one that was never frozen could still be deleted.
            "invoices_invoicerevision",
            "named.invoice_id = written.invoice_id",
            "written.invoice_id IS NOT NULL",
        ),
    ),
}
PROTECTED: Final = {
    "accounting_batch": ("accounting_batchparty", "batch_id"),
    "invoices_customer": ("accounting_batchparty", "customer_id"),
    "invoices_department": ("accounting_batchitem", "department_id"),
}
"""A table whose rows could otherwise be deleted, and the column that names them."""


def install() -> None:
    """Recreate every trigger on the tables that exist; safe to repeat."""
    if connection.vendor != "postgresql":
        return
    present = set(connection.introspection.table_names())
    if not {*REFERENCES, *PROTECTED}.issubset(present):
        return
    with connection.cursor() as cursor:
        for table, references in REFERENCES.items():
            for statement in _checking(table, references):
                cursor.execute(statement)
        for table, (by, column) in PROTECTED.items():
            for statement in _protecting(table, by, column):
                cursor.execute(statement)


def trigger_names() -> list[str]:
    """Return the names of the triggers that should exist in this kind of database."""
    if connection.vendor != "postgresql":
        return []
    return [*(f"{table}_refers" for table in REFERENCES), *(f"{table}_kept" for table in PROTECTED)]


def _checking(table: str, references: tuple[Reference, ...]) -> Iterator[str]:
    """EXECUTE plans each check again, because one row and a hundred thousand differ."""
    name = f"{table}_refers"
    body = "".join(
        f"EXECUTE $q$SELECT EXISTS (SELECT FROM new_rows written WHERE {each.is_due} "  # noqa: S608 - our names
        f"AND NOT EXISTS (SELECT FROM {each.to} named WHERE {each.match}))$q$ INTO is_missing; "
        f"IF is_missing THEN RAISE EXCEPTION '{table}: a row names what {each.to} has not' "
        "USING ERRCODE = 'foreign_key_violation'; END IF; "
        for each in references
    )
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$f$ DECLARE is_missing boolean; BEGIN {body} RETURN NULL; END $f$"
    )
    yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    yield (
        f"CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def _protecting(table: str, by: str, column: str) -> Iterator[str]:
    """A row that is named cannot be deleted; the lock waits for a running claim."""
    name = f"{table}_kept"
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$f$ BEGIN PERFORM pg_advisory_xact_lock_shared({BOOKS_LOCK_KEY}); "
        f"IF EXISTS (SELECT FROM {by} WHERE {column} = OLD.id) THEN "
        f"RAISE EXCEPTION '{table}: {by} names this row' "
        "USING ERRCODE = 'foreign_key_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $f$"
    )
    yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
    yield (
        f"CREATE TRIGGER {name} BEFORE DELETE OR UPDATE OF id ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
