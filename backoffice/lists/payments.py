"""The list of payments, each in its newest form."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounting.models import BatchItem, CandidatePayment, PaymentListRow
from accounting.models.list_rows import NEVER_CANDIDATE_PAYMENT
from accounting.unbatched.rows import payments_to_send
from backoffice.lists import filters as by
from backoffice.lists.filters import DocumentFilters
from backoffice.lists.listing import CHUNK
from payments.models import Payment, Refund
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

SORTS: Final[Mapping[str, str]] = {
    "added": "pk",
    "number": "folded_number",
    "date": "date",
    "customer": "customer__name",
    "department": "department__name",
    "method": "method",
    "reference": "folded_reference",
    "state": "state",
    "amount": "amount_cents",
    "open": "open_cents",
}
"""Name of a column in the URL → the column."""
RELATED: Final = ("payment__current_revision", "customer", "department")
CSV_HEADER: Final = (
    "Number",
    "Date",
    "Customer",
    "Department",
    "Method",
    "Reference",
    "State",
    "Amount",
    "Not allocated",
)


def list_payments(filters: DocumentFilters) -> QuerySet[PaymentListRow]:
    """Return the payments that match, in no order; a department is of the job or the invoice."""
    rows = PaymentListRow.objects.filter(
        filters.condition(), filters.text_condition("folded_number", "folded_reference")
    )
    if filters.status:
        rows = rows.filter(state=filters.status)
    return rows.filter(_in_the_books(filters.books)) if filters.books else rows


def _in_the_books(books: str) -> Q:
    """Return the condition for how a payment stands in the books.

    What is in the books is asked of the others, which are fewer: candidates never sent, and
    those that need not be candidates (the sweeper forgets what refunds have settled). Each is a
    set of keys of its own, worked out once.
    """
    unbatched = payments_to_send()
    newest = BatchItem.objects.newest().filter(payment=OuterRef("pk"))
    never_candidate = PaymentListRow.objects.filter(NEVER_CANDIDATE_PAYMENT).filter(~Exists(newest))
    refunded_first = Refund.objects.filter(
        ~Exists(BatchItem.objects.newest().filter(payment=OuterRef("payment")))
    )
    never_sent = CandidatePayment.objects.filter(previous__isnull=True)
    not_in_books = (
        Q(pk__in=never_sent.values("pk"))
        | Q(pk__in=never_candidate.values("pk"))
        | Q(pk__in=refunded_first.order_by().values("payment"))
    )
    held = Payment.objects.filter(current_revision__allocations__invoice__is_on_hold=True)
    return {
        by.IN_BOOKS: ~not_in_books,
        by.NOT_IN_BOOKS: not_in_books,
        by.NEEDS_BATCHING: Q(pk__in=unbatched.values("pk")),
        by.CHANGED: Q(pk__in=unbatched.filter(previous__isnull=False).values("pk")),
        by.HELD: Q(pk__in=held.values("pk")),
    }[books]


def payment_lines(payments: QuerySet[PaymentListRow]) -> Iterator[str]:
    """Yield the list as the lines of a CSV file, in bounded memory."""
    rows = payments.select_related(*RELATED).iterator(chunk_size=CHUNK)
    return csv_lines(CSV_HEADER, map(_cells, rows))


def _cells(row: PaymentListRow) -> Sequence[str]:
    form = row.payment.current_revision
    return (
        safe_text(row.payment.number),
        row.date.isoformat(),
        safe_text(row.customer.name),
        safe_text(row.department.name if row.department else ""),
        row.get_method_display(),
        safe_text(form.reference if form else ""),
        row.get_state_display(),
        cents_text(row.amount_cents),
        cents_text(row.open_cents),
    )
