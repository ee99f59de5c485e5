"""The flags of a row of Unbatched: what is special about it."""

from collections.abc import Sequence

from accounting.models import Kind
from accounting.unbatched.rows import UnbatchedRow
from payments.models import Allocation, PaymentRevision, Refund

RowKey = tuple[str, int]
"""(document, document id)."""


def key_of(row: UnbatchedRow) -> RowKey:
    return row.document, row.document_id


def flags(rows: Sequence[UnbatchedRow]) -> dict[RowKey, list[str]]:
    """Return the flags of each row, a word or two each; three statements."""
    payments = [row for row in rows if row.document == "payment"]
    revisions = [row.payment_revision_id for row in payments if row.payment_revision_id]
    imported = set(
        PaymentRevision.objects.filter(pk__in=revisions, is_imported=True).values_list(
            "pk", flat=True
        )
    )
    named = set(
        Allocation.objects.filter(
            revision__in=revisions, invoice_revision__isnull=False
        ).values_list("revision_id", flat=True)
    )
    refunded = set(
        Refund.objects.filter(payment__in=[row.document_id for row in payments]).values_list(
            "payment_id", flat=True
        )
    )
    found: dict[RowKey, list[str]] = {}
    for row in rows:
        words = ["changed"] if row.kind == Kind.INVOICE_UPDATE else []
        if row.document == "payment":
            if row.kind == Kind.PAYMENT_UPDATE:
                words.append("updated")
            if row.payment_revision_id in imported:
                words.append("imported job")
            elif row.payment_revision_id not in named:
                words.append("deposit")
            if row.document_id in refunded:
                words.append("partly refunded")
        found[key_of(row)] = words
    return found
