"""The list of invoices: those in their newest frozen form, and those never approved as drafts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounting.models import BatchItem, InvoiceListRow, UnbatchedInvoice
from accounting.models.list_rows import NEVER_UNBATCHED_INVOICE
from backoffice.lists import filters as by
from backoffice.lists.filters import DocumentFilters
from backoffice.lists.listing import CHUNK
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

SORTS: Final[Mapping[str, str]] = {
    "added": "pk",
    "number": "folded_number",
    "date": "date",
    "customer": "customer__name",
    "department": "department__name",
    "status": "status",
    "total": "amount_cents",
    "open": "open_cents",
}
"""Name of a column in the URL → the column."""
RELATED: Final = ("invoice", "customer", "department")
CSV_HEADER: Final = ("Number", "Date", "Customer", "Department", "Status", "Total", "Open")


def list_invoices(filters: DocumentFilters) -> QuerySet[InvoiceListRow]:
    """Return the invoices that match, in no order."""
    rows = InvoiceListRow.objects.filter(
        filters.condition(), filters.text_condition("folded_number")
    )
    if filters.status:
        rows = rows.filter(status=filters.status)
    return rows.filter(_in_the_books(filters.books)) if filters.books else rows


def _in_the_books(books: str) -> Q:
    """Return the condition for how an invoice stands in the books.

    What is in the books is asked of the others, which are fewer: those unbatched and never sent,
    and those that are never unbatched. Each is a set of keys of its own, worked out once.
    """
    newest = BatchItem.objects.newest().filter(invoice=OuterRef("pk"))
    never_unbatched = InvoiceListRow.objects.filter(NEVER_UNBATCHED_INVOICE).filter(~Exists(newest))
    never_sent = UnbatchedInvoice.objects.filter(previous__isnull=True)
    not_in_books = Q(pk__in=never_sent.values("pk")) | Q(pk__in=never_unbatched.values("pk"))
    sent_before = UnbatchedInvoice.objects.filter(previous__isnull=False)
    return {
        by.IN_BOOKS: ~not_in_books,
        by.NOT_IN_BOOKS: not_in_books,
        by.NEEDS_BATCHING: Q(pk__in=UnbatchedInvoice.objects.values("pk")),
        by.CHANGED: Q(pk__in=sent_before.values("pk")),
        by.HELD: Q(is_on_hold=True),
    }[books]


def invoice_lines(invoices: QuerySet[InvoiceListRow]) -> Iterator[str]:
    """Yield the list as the lines of a CSV file, in bounded memory."""
    rows = invoices.select_related(*RELATED).iterator(chunk_size=CHUNK)
    return csv_lines(CSV_HEADER, map(_cells, rows))


def _cells(row: InvoiceListRow) -> Sequence[str]:
    return (
        safe_text(row.invoice.number),
        row.date.isoformat(),
        safe_text(row.customer.name),
        safe_text(row.department.name if row.department else ""),
        row.get_status_display(),
        cents_text(row.amount_cents),
        cents_text(row.open_cents),
    )
