"""Turning the facts of payments into immutable revisions; used by the services only."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Prefetch, Q, Subquery

from invoices.models import Invoice, InvoiceRevision, Job
from payments.fingerprints import RowContent, payment_fingerprint
from payments.models import Allocation, Payment, PaymentRevision
from payments.rows import rows_before_netting
from payments.signals import payments_frozen
from sera_batching.database.sql import insert_objects
from sera_batching.origin import Origin

CLOSED = (Invoice.Status.VOID, Invoice.Status.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts:
    """All that a revision of a payment freezes; each invoice with its `current_revision`."""

    job: Job | None
    date: datetime.date
    method: str
    reference: str
    memo: str
    amount_cents: int
    allocations: tuple[tuple[Invoice, int], ...]

    @property
    def is_imported(self) -> bool:
        return self.job is not None and self.job.is_imported

    def named_revision(self, invoice: Invoice) -> InvoiceRevision | None:
        """Return the revision by which the files name this invoice; None if they do not (§3)."""
        if self.is_imported or invoice.status in CLOSED:
            return None
        return invoice.current_revision

    @property
    def fingerprint(self) -> str:
        named = {invoice.pk: self.named_revision(invoice) for invoice, _ in self.allocations}
        numbers = {invoice.pk: invoice.number for invoice, _ in self.allocations}
        rows: list[RowContent] = []
        for row in rows_before_netting(
            [(one.pk, named[one.pk] is not None, cents) for one, cents in self.allocations],
            self.amount_cents,
        ):
            revision = named[row.invoice_id] if row.invoice_id is not None else None
            if revision is None or row.invoice_id is None:
                rows.append((None, None, row.amount_cents))
            else:
                rows.append((numbers[row.invoice_id], revision.fingerprint, row.amount_cents))
        return payment_fingerprint(
            date=self.date,
            method=self.method,
            reference=self.reference,
            memo=self.memo,
            rows=rows,
        )


def lock_payment(payment: Payment) -> Payment:
    """Lock the payment's row and refresh the instance to its current state.

    The revision is fetched by a second statement: a join would, after waiting for another
    transaction's new revision, still return the old one.
    """
    payment.refresh_from_db(
        from_queryset=Payment.objects.select_for_update(no_key=True).prefetch_related(
            "current_revision__job"
        )
    )
    return payment


def current_of(payment: Payment) -> PaymentRevision:
    """Return the newest revision, which each payment has once it is taken."""
    if payment.current_revision is None:
        raise ValueError(f"Payment {payment.number} has no revision.")
    return payment.current_revision


def facts_of(revision: PaymentRevision) -> PaymentFacts:
    """Return the revision's content, with its job and invoices as they are now."""
    return PaymentFacts(
        job=revision.job,
        date=revision.date,
        method=revision.method,
        reference=revision.reference,
        memo=revision.memo,
        amount_cents=revision.amount_cents,
        allocations=tuple(
            (allocation.invoice, allocation.amount_cents)
            for allocation in revision.allocations.all()
        ),
    )


def is_as_frozen(facts: PaymentFacts, revision: PaymentRevision) -> bool:
    """Return whether freezing the facts would repeat the revision, including its invoices'
    revisions."""
    frozen = [
        (allocation.invoice_id, allocation.invoice_revision_id, allocation.amount_cents)
        for allocation in revision.allocations.all()
    ]
    now = []
    for invoice, cents in facts.allocations:
        named = facts.named_revision(invoice)
        now.append((invoice.pk, named.pk if named else None, cents))
    return (
        now == frozen
        and facts.fingerprint == revision.fingerprint
        and facts.amount_cents == revision.amount_cents
        and facts.is_imported == revision.is_imported
        and (facts.job.pk if facts.job else None) == revision.job_id
    )


def freeze(
    contents: Sequence[tuple[Payment, PaymentFacts]],
    *,
    reason: str,
    origin: Origin,
    sources: Sequence[str] = (),
) -> list[PaymentRevision]:
    """Freeze the next revision of each payment and make it current; send payments_frozen.

    The payments are locked and have `current_revision` loaded. `sources` has the source of each
    payment, unless all share the origin's. Constant number of statements.
    """
    sources = sources or [origin.source] * len(contents)
    revisions = insert_objects(
        PaymentRevision(
            payment=payment,
            sequence=payment.current_revision.sequence + 1 if payment.current_revision else 1,
            job=facts.job,
            date=facts.date,
            method=facts.method,
            reference=facts.reference,
            memo=facts.memo,
            amount_cents=facts.amount_cents,
            is_imported=facts.is_imported,
            first_invoice=facts.allocations[0][0] if facts.allocations else None,
            fingerprint=facts.fingerprint,
            frozen_by=origin.user,
            reason=reason,
            source=source,
        )
        for (payment, facts), source in zip(contents, sources, strict=True)
    )
    insert_objects(
        Allocation(
            revision=revision,
            position=position,
            invoice=invoice,
            invoice_revision=facts.named_revision(invoice),
            amount_cents=cents,
        )
        for revision, (_, facts) in zip(revisions, contents, strict=True)
        for position, (invoice, cents) in enumerate(facts.allocations, 1)
    )
    newest = PaymentRevision.objects.filter(payment=OuterRef("pk")).order_by("-sequence")
    Payment.objects.filter(pk__in=[revision.payment_id for revision in revisions]).update(
        current_revision_id=Subquery(newest.values("pk")[:1])
    )
    for revision in revisions:
        revision.payment.current_revision = revision
    payments_frozen.send(sender=Payment, revisions=revisions, origin=origin)
    return revisions


def freeze_again(which: Q, *, reason: str, origin: Origin) -> list[PaymentRevision]:
    """Freeze again each payment, unless removed, whose newest revision is out of date.

    For changes of the invoices and jobs that payments name (domain.md §2). At most seven
    statements, plus the receivers', for any number of payments.
    """
    contents = []
    for payment in _with_content(lock_payments(which)):
        revision = current_of(payment)
        facts = facts_of(revision)
        if not is_as_frozen(facts, revision):
            contents.append((payment, facts))
    return freeze(contents, reason=reason, origin=origin) if contents else []


def lock_payments(which: Q) -> list[Payment]:
    """Lock the payments, unless removed, in the order of their keys; return them refreshed."""
    found = Payment.objects.exclude(state=Payment.State.REMOVED).filter(which)
    ids = list(found.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return []
    locked = Payment.objects.filter(pk__in=ids).select_for_update(no_key=True)
    return list(locked.order_by("pk"))


def _with_content(payments: list[Payment]) -> list[Payment]:
    """Read what locked payments name; a join in the locking query would return old values."""
    if not payments:
        return []
    # Not by prefetching current_revision: for a thousand of them SQLite refuses that statement.
    invoices = Allocation.objects.select_related("invoice__current_revision")
    revisions = (
        PaymentRevision.objects.filter(
            pk__in=[one.current_revision_id for one in payments if one.current_revision_id]
        )
        .select_related("job")
        .prefetch_related(Prefetch("allocations", queryset=invoices))
        .in_bulk()
    )
    for payment in payments:
        payment.current_revision = revisions.get(payment.current_revision_id or 0)
    return payments
