"""Invariants of the fingerprints: each is the hash of the actual content (§2)."""

from collections.abc import Iterator

from django.db.models import Prefetch

from accounting.invariants.breaches import Breach, Row, ids_in_chunks, row_of
from invoices.fingerprints import invoice_fingerprint
from invoices.models import Invoice, InvoiceRevision
from invoices.services.values import values_of
from payments.fingerprints import RowContent, payment_fingerprint
from payments.models import Allocation, Payment, PaymentRevision

_CLOSED = (Invoice.Status.VOID, Invoice.Status.CANCELLED)


def invoice_fingerprints_are_true() -> Iterator[Breach]:
    """The fingerprint of each frozen invoice is the hash over its header and lines."""
    for ids in ids_in_chunks(InvoiceRevision.objects.all()):
        revisions = (
            InvoiceRevision.objects.filter(pk__in=ids)
            .select_related("invoice", "job", "department")
            .prefetch_related("lines")
            .order_by("pk")
        )
        for revision in revisions:
            found = invoice_fingerprint(values_of(revision))
            if found != revision.fingerprint:
                yield Breach(
                    f"Invoice {revision.invoice.number} was altered after it was frozen.",
                    (
                        row_of(
                            InvoiceRevision,
                            revision.pk,
                            fingerprint=revision.fingerprint,
                            content=found,
                        ),
                    ),
                )


def payment_fingerprints_are_true() -> Iterator[Breach]:
    """The fingerprint of each payment's revision is the hash over its facts and rows."""
    for ids in ids_in_chunks(PaymentRevision.objects.all()):
        revisions = (
            PaymentRevision.objects.filter(pk__in=ids)
            .select_related("payment")
            .prefetch_related(
                Prefetch(
                    "allocations",
                    queryset=Allocation.objects.select_related("invoice", "invoice_revision"),
                )
            )
            .order_by("pk")
        )
        for revision in revisions:
            found = _fingerprint(revision)
            if found != revision.fingerprint:
                yield Breach(
                    f"Payment {revision.payment.number} was altered after it was frozen.",
                    (
                        row_of(
                            PaymentRevision,
                            revision.pk,
                            fingerprint=revision.fingerprint,
                            content=found,
                        ),
                    ),
                )


def _fingerprint(revision: PaymentRevision) -> str:
    rows: list[RowContent] = [
        (part.invoice.number, part.invoice_revision.fingerprint, part.amount_cents)
        for part in revision.allocations.all()
        if part.invoice_revision is not None
    ]
    rest = revision.amount_cents - sum(cents for _, _, cents in rows)
    if rest > 0:
        rows.append((None, None, rest))
    return payment_fingerprint(
        date=revision.date,
        method=revision.method,
        reference=revision.reference,
        memo=revision.memo,
        rows=rows,
    )


def payments_name_invoices_as_they_are() -> Iterator[Breach]:
    """A payment that is not removed names each invoice in its newest frozen form, or not at all.

    Not: one never finalized, void or cancelled, and all of them on an imported job.
    """
    present = Payment.objects.exclude(state=Payment.State.REMOVED)
    for ids in ids_in_chunks(present):
        payments = (
            Payment.objects.filter(pk__in=ids)
            .select_related("current_revision__job")
            .prefetch_related(
                Prefetch(
                    "current_revision__allocations",
                    queryset=Allocation.objects.select_related("invoice"),
                )
            )
            .order_by("pk")
        )
        for payment in payments:
            yield from _stale_names(payment)


def _stale_names(payment: Payment) -> Iterator[Breach]:
    revision = payment.current_revision
    if revision is None:
        return
    is_imported = revision.job is not None and revision.job.is_imported
    rows: list[Row] = []
    if revision.is_imported != is_imported:
        rows.append(row_of(PaymentRevision, revision.pk, is_imported=revision.is_imported))
    for part in revision.allocations.all():
        is_named = not is_imported and part.invoice.status not in _CLOSED
        wanted = part.invoice.current_revision_id if is_named else None
        if part.invoice_revision_id != wanted:
            rows.append(
                row_of(
                    type(part),
                    part.pk,
                    invoice=part.invoice.number,
                    names_revision_id=part.invoice_revision_id,
                    newest_revision_id=wanted,
                )
            )
    if rows:
        yield Breach(
            f"Payment {payment.number} was not frozen again when what it refers to changed.",
            tuple(rows),
        )
