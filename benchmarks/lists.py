"""The lists of invoices and payments: every filter with every sort, and far pages.

`python -m benchmarks.lists` measures them on the database that DATABASE_URL names, and changes
nothing; the naive side joins the documents to what they say, and asks their payments.
"""

import os
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import django
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from benchmarks.measuring import Result

REPEAT: Final = 3
_FIRST_PAGE: Final = slice(0, 100)
_READ_TO_THE_END: Final = ("all", "a status", "in the books")
"""Of which the middle and the last page are read, too: the longest lists."""


def main() -> None:
    """Print each measurement, the slowest last."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sera_batching.settings")
    django.setup()
    for result in sorted(measure_lists(repeat=REPEAT), key=lambda one: one.seconds):
        naive = f"{result.naive_seconds:8.3f} s naively" if result.naive_seconds else ""
        sys.stdout.write(f"{result.seconds:8.3f} s {result.size:9,}  {result.work} {naive}\n")


def measure_lists(*, repeat: int) -> Iterator["Result"]:
    """Yield the best time of the totals and of three pages, for each filter and each sort."""
    from backoffice.lists.invoices import RELATED, SORTS, list_invoices
    from backoffice.lists.payments import RELATED as RELATED_TO_PAYMENTS
    from backoffice.lists.payments import SORTS as SORTS_OF_PAYMENTS
    from backoffice.lists.payments import list_payments

    yield from _measure("invoices", list_invoices, SORTS, RELATED, "finalized", repeat)
    yield from _measure(
        "payments", list_payments, SORTS_OF_PAYMENTS, RELATED_TO_PAYMENTS, "active", repeat
    )


def _measure(
    title: str, list_rows: Any, sorts: Any, related: Any, status: str, repeat: int
) -> Iterator["Result"]:
    from backoffice.lists.listing import PagedRows, in_order, totals_of
    from benchmarks.measuring import Result, best_of
    from sera_batching.tables import Sorting

    for name, filters in _filters(status).items():
        rows = list_rows(filters)
        seconds, statements = best_of(repeat, partial(totals_of, rows))
        count = totals_of(rows).count
        naive = _naive_seconds(title) if name == "all" else None
        yield Result(
            work=f"{title}, {name}: totals",
            size=count,
            seconds=seconds,
            statements=statements,
            naive="documents joined to their forms and payments" if naive else "",
            naive_seconds=naive,
        )
        for key in sorts:
            ordered = in_order(rows, Sorting(key, True), sorts)
            paged = PagedRows(ordered, count, related)
            pages = {"first": _FIRST_PAGE}
            if name in _READ_TO_THE_END:
                pages["middle"] = slice(count // 2, count // 2 + 100)
                pages["last"] = slice(max(0, count - 100), count)
            for which, page in pages.items():
                seconds, statements = best_of(repeat, partial(paged.__getitem__, page))
                work = f"{title}, {name}: {which} page by {key}"
                yield Result(work=work, size=count, seconds=seconds, statements=statements)


def _filters(status: str) -> dict[str, Any]:
    from backoffice.lists.filters import BOOKS, DocumentFilters

    return {
        "all": DocumentFilters(),
        "a status": DocumentFilters(status=status),
        "a month": DocumentFilters(date_from=date(2025, 3, 1), date_to=date(2025, 3, 31)),
        "a department": DocumentFilters(department=2),
        "no department": DocumentFilters(department="none"),
        "a customer": DocumentFilters(customer="C-0000042"),
        "something open": DocumentFilters(is_open=True),
        "a number": DocumentFilters(text="0123456"),
        "a part of many": DocumentFilters(text="12"),
        "a name of all": DocumentFilters(text="customer"),
        **{label.lower(): DocumentFilters(books=value) for value, label in BOOKS.items()},
        "all at once": DocumentFilters(
            status=status, date_from=date(2025, 2, 1), department=2, is_open=True, text="1"
        ),
    }


def _naive_seconds(title: str) -> float:
    """Return the seconds of totals and first page as the documents alone give them."""
    from benchmarks.measuring import seconds_of

    rows, amount, day = _naive_invoices() if title == "invoices" else _naive_payments()

    def read() -> None:
        rows.aggregate(Count("pk"), Sum(amount), Sum("open_cents"))
        list(rows.order_by(F(day).desc(), "-pk")[_FIRST_PAGE])

    return seconds_of(read)


def _sum_of(rows: QuerySet[Any], group: str) -> Coalesce:
    sums = rows.order_by().values(group).annotate(sum=Sum("amount_cents")).values("sum")
    return Coalesce(Subquery(sums), Value(0))


def _naive_invoices() -> tuple[QuerySet[Any], str, str]:
    from invoices.models import Invoice
    from payments.models import Allocation

    held = Allocation.objects.filter(
        invoice=OuterRef("pk"), revision__payment__current_revision=F("revision")
    )
    rows = Invoice.objects.annotate(
        list_date=Coalesce("current_revision__date", "draft__date"),
        list_cents=Coalesce("current_revision__total_cents", "draft__total_cents"),
    ).annotate(open_cents=F("list_cents") - _sum_of(held, "invoice"))
    return rows, "list_cents", "list_date"


def _naive_payments() -> tuple[QuerySet[Any], str, str]:
    from payments.models import Allocation, Payment, Refund

    allocated = Allocation.objects.filter(revision=OuterRef("current_revision"))
    refunded = Refund.objects.filter(payment=OuterRef("pk"))
    rows = Payment.objects.annotate(
        open_cents=F("current_revision__amount_cents")
        - _sum_of(allocated, "revision")
        - _sum_of(refunded, "payment")
    )
    return rows, "current_revision__amount_cents", "current_revision__date"


if __name__ == "__main__":
    main()
