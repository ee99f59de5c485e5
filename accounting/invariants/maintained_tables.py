"""The invariants of the tables that the database itself maintains (ADR 15, 24).

What should be there is worked out again here, one document a time, without a look at the triggers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.models import Model

from accounting.invariants.breaches import Breach, ids_in_chunks, row_of
from accounting.models import InvoiceListRow, PaymentListRow
from accounting.triggers import list_rows
from accounting.triggers.maintaining_trigger import missing
from accounting.triggers.unbatched_documents import MAINTAINING_TRIGGERS
from invoices.models import Invoice
from payments.departments import department_source
from payments.models import Payment, PaymentRevision

_INVOICE_COLUMNS: Final = (
    *("customer_id", "department_id", "status", "is_on_hold"),
    *("date", "amount_cents", "open_cents"),
)
_PAYMENT_COLUMNS: Final = (
    *("customer_id", "department_id", "state", "method"),
    *("date", "amount_cents", "open_cents"),
)


def list_rows_are_maintained() -> Iterator[Breach]:
    """Every trigger that maintains the lists exists; `migrate` makes all anew."""
    for name in missing(list_rows.maintaining_triggers()):
        yield Breach(f"The trigger {name} is missing; run migrate.", ({"trigger": name},))


def invoices_are_listed_as_they_are() -> Iterator[Breach]:
    """The list has every invoice, as its newest form, or its draft, and its payments say."""
    for ids in ids_in_chunks(Invoice.objects.all()):
        invoices = Invoice.objects.filter(pk__in=ids).select_related(
            "customer", "current_revision", "draft"
        )
        held = _held_cents(ids)
        # An invoice that says nothing is a breach of its own.
        expected = {
            invoice.pk: _invoice_row(invoice, held[invoice.pk])
            for invoice in invoices
            if _form_of(invoice)
        }
        yield from _compare(InvoiceListRow, expected, _INVOICE_COLUMNS)


def payments_are_listed_as_they_are() -> Iterator[Breach]:
    """The list has every payment, as its newest form and its refunds say."""
    for ids in ids_in_chunks(Payment.objects.all()):
        payments = (
            Payment.objects.filter(pk__in=ids, current_revision__isnull=False)
            .select_related(
                "customer",
                "current_revision__job",
                "current_revision__first_invoice__current_revision",
                "current_revision__first_invoice__draft",
            )
            .prefetch_related("current_revision__allocations", "refunds")
        )
        expected = {payment.pk: _payment_row(payment) for payment in payments}
        yield from _compare(PaymentListRow, expected, _PAYMENT_COLUMNS)


def _form_of(invoice: Invoice) -> Any:
    return invoice.current_revision or getattr(invoice, "draft", None)


def _held_cents(ids: list[int]) -> Counter[int]:
    """Return invoice id → what payments not removed hold on it after their refunds."""
    held: Counter[int] = Counter()
    payments = (
        Payment.objects.exclude(state=Payment.State.REMOVED)
        .filter(current_revision__allocations__invoice__in=ids)
        .distinct()
        .select_related("current_revision")
        .prefetch_related("current_revision__allocations", "refunds")
    )
    for payment in payments:
        form = payment.current_revision
        assert form is not None  # noqa: S101 - by the query
        left = form.amount_cents - sum(refund.amount_cents for refund in payment.refunds.all())
        for part in form.allocations.all():
            held[part.invoice_id] += max(0, min(part.amount_cents, left))
            left -= part.amount_cents
    return held


def _invoice_row(invoice: Invoice, held_cents: int) -> tuple[object, ...]:
    form = _form_of(invoice)
    is_closed = invoice.status in (Invoice.Status.VOID, Invoice.Status.CANCELLED)
    return (
        *(invoice.customer.survivor_id, form.department_id, invoice.status, invoice.is_on_hold),
        *(form.date, form.total_cents, 0 if is_closed else form.total_cents - held_cents),
    )


def _payment_row(payment: Payment) -> tuple[object, ...]:
    form = payment.current_revision
    assert form is not None  # noqa: S101 - by the query
    allocated = sum(part.amount_cents for part in form.allocations.all())
    refunded = sum(refund.amount_cents for refund in payment.refunds.all())
    left = max(0, form.amount_cents - allocated - refunded)
    return (
        *(payment.customer.survivor_id, _department_id_of(form), payment.state, form.method),
        *(form.date, form.amount_cents, 0 if payment.state == Payment.State.REMOVED else left),
    )


def _department_id_of(form: PaymentRevision) -> int | None:
    source = department_source(form.job, form.first_invoice)
    return source.department_id if source else None


def _compare(
    model: type[Model], expected: Mapping[int, tuple[object, ...]], columns: tuple[str, ...]
) -> Iterator[Breach]:
    rows = model._default_manager.filter(pk__in=expected).values_list("pk", *columns)
    listed = {pk: tuple(values) for pk, *values in rows}
    for pk, due in expected.items():
        if listed.get(pk) != due:
            yield Breach(
                f"The list is wrong about {model._meta.verbose_name} {pk}; run migrate.",
                tuple(
                    row_of(model, pk, **{"is": which}, **_plain(columns, values))
                    for which, values in (("listed", listed.get(pk)), ("due", due))
                ),
            )


def _plain(columns: tuple[str, ...], values: tuple[object, ...] | None) -> dict[str, object]:
    plain = (str(value) if value is not None else None for value in values or ())
    return dict(zip(columns, plain, strict=False))


def unbatched_documents_are_maintained() -> Iterator[Breach]:
    """Every trigger that maintains the unbatched documents exists; `migrate` makes all anew."""
    for name in missing(MAINTAINING_TRIGGERS):
        yield Breach(f"The trigger {name} is missing; run migrate.", ({"trigger": name},))
