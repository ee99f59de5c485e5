"""The invariant of Unbatched: with the live items it covers every document, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from django.db.models import Model, QuerySet

from accounting.invariants.breaches import Breach, Row, ids_in_chunks
from accounting.invariants.expected_unbatched import (
    ExpectedRow,
    expected_credit_memos,
    expected_invoices,
    expected_journals,
    expected_payments,
)
from accounting.unbatched.rows import (
    unbatched_credit_memos,
    unbatched_invoices,
    unbatched_payments,
    unbatched_refunds,
)
from invoices.models import CreditMemo, Invoice
from payments.models import Payment, Refund
from sera_batching.models import Company

_COLUMNS: Final = (
    "row_kind",
    "row_number",
    "row_date",
    "row_department",
    "row_customer",
    "row_amount_cents",
)


def unbatched_invoices_are_those_due() -> Iterator[Breach]:
    """Unbatched has exactly the invoices that the books lack in their current form."""
    yield from _compare(Invoice, unbatched_invoices, expected_invoices, "row_invoice_revision_id")


def unbatched_credit_memos_are_those_due() -> Iterator[Breach]:
    """Unbatched has exactly the credit memos that are due."""
    yield from _compare(
        CreditMemo, unbatched_credit_memos, expected_credit_memos, "row_invoice_revision_id"
    )


def unbatched_payments_are_those_due() -> Iterator[Breach]:
    """Unbatched has exactly the payments that the books lack, or that must be re-pointed."""
    yield from _compare(Payment, unbatched_payments, expected_payments, "row_payment_revision_id")


def unbatched_refunds_are_those_due() -> Iterator[Breach]:
    """Unbatched has exactly the refunds that must become journal entries."""
    yield from _compare(Refund, unbatched_refunds, expected_journals, "row_payment_revision_id")


def _compare(
    model: type[Model],
    source: Callable[[str], QuerySet[Any]],
    expect: Callable[[list[int]], dict[int, ExpectedRow]],
    revision: str,
) -> Iterator[Breach]:
    profile = Company.current().profile
    columns = ("pk", *_COLUMNS, revision, "row_previous_id")
    for ids in ids_in_chunks(model._default_manager.all()):
        expected = expect(ids)
        shown = {
            pk: ExpectedRow(*values)
            for pk, *values in source(profile).filter(pk__in=ids).values_list(*columns)
        }
        for pk in ids:
            if expected.get(pk) != shown.get(pk):
                yield Breach(
                    f"Unbatched is wrong about {model._meta.verbose_name} {pk}.",
                    (
                        _row(model, "shown", pk, shown.get(pk)),
                        _row(model, "expected", pk, expected.get(pk)),
                    ),
                )


def _row(model: type[Model], which: str, pk: int, shown: ExpectedRow | None) -> Row:
    row: dict[str, Any] = {"table": model._meta.db_table, "id": pk, "is": which}
    if shown is None:
        return {**row, "row": None}
    return {**row, **asdict(shown), "kind": str(shown.kind), "date": shown.date.isoformat()}
