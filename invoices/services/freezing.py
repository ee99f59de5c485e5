"""Turning the content of invoices into drafts and immutable revisions; for the services only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from operator import attrgetter

from django.db.models import OuterRef, Subquery

from invoices.fingerprints import invoice_fingerprint
from invoices.models import (
    Customer,
    Invoice,
    InvoiceDraft,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceRevision,
    Job,
)
from invoices.services.catalogue import record_names
from invoices.services.survivors import is_same_customer
from invoices.services.values import InvoiceValues, LineValues, values_of
from invoices.signals import invoice_locked, invoices_frozen
from sera_batching.database.sql import insert_objects, insert_rows
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin

LINE_FIELDS = tuple(field.name for field in fields(LineValues))
_LINE_VALUES = attrgetter(*LINE_FIELDS)
HEADER_FIELDS = tuple(field.name for field in fields(InvoiceValues) if field.name != "lines")


def lock_invoice(invoice: Invoice) -> Invoice:
    """Lock the invoice's row and refresh the instance to its current state.

    Receivers of invoice_locked lock what depends on it. The revision is fetched by a second
    statement: a join would, after waiting for another transaction's new revision, still return the
    old one.
    """
    invoice.refresh_from_db(
        from_queryset=Invoice.objects.select_for_update(no_key=True).prefetch_related(
            "current_revision"
        )
    )
    invoice_locked.send(sender=Invoice, invoice=invoice)
    return invoice


def load_current_revisions(invoices: Collection[Invoice]) -> None:
    """Fetch the newest revision of each of these invoices, by one statement.

    Not by prefetching `current_revision`: for a thousand of them SQLite refuses that statement.
    """
    wanted = [one.current_revision_id for one in invoices if one.current_revision_id]
    revisions = InvoiceRevision.objects.filter(pk__in=wanted).in_bulk()
    for invoice in invoices:
        invoice.current_revision = revisions.get(invoice.current_revision_id or 0)


def lock_jobs(jobs: Iterable[Job]) -> dict[int, Job]:
    """Lock the jobs' rows, so that none becomes imported meanwhile; return them as they are now."""
    wanted = {job.pk for job in jobs}
    if not wanted:
        return {}
    rows = (
        Job.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer")
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    return {job.pk: job for job in rows}


def lock_job_of(values: InvoiceValues) -> Job | None:
    """Lock the job that an invoice will have, if any; before the invoice (ADR 24)."""
    return lock_jobs([values.job])[values.job.pk] if values.job else None


def require_job_of_customer(job: Job | None, *, customer: Customer) -> None:
    """Raise Refused if the job, locked before, is another customer's or imported (feed.md)."""
    if job is None:
        return
    if not is_same_customer(job.customer, customer):
        raise Refused(f"Job {job.number} belongs to another customer, not to {customer}.")
    if job.is_imported:
        raise Refused(f"Job {job.number} is imported: its invoices do not originate here.")


def draft_values(invoice: Invoice) -> InvoiceValues:
    """Return what the invoice's draft says."""
    drafts = InvoiceDraft.objects.select_related("job", "department").prefetch_related("lines")
    return values_of(drafts.get(invoice=invoice))


def write_draft(invoice: Invoice, values: InvoiceValues) -> InvoiceDraft:
    """Make these values the draft of an invoice that has none."""
    draft = InvoiceDraft.objects.create(
        invoice=invoice,
        **{name: getattr(values, name) for name in HEADER_FIELDS},
        subtotal_cents=values.subtotal_cents,
        total_cents=values.total_cents,
    )
    InvoiceDraftLine.objects.bulk_create(
        InvoiceDraftLine(draft=draft, position=position, **_line_fields(line))
        for position, line in enumerate(values.lines, 1)
    )
    return draft


def delete_draft(invoice: Invoice) -> None:
    """Delete the invoice's draft, because it was frozen or is replaced."""
    InvoiceDraft.objects.filter(invoice=invoice).delete()
    # The instance may still cache the deleted draft.
    invoice._state.fields_cache.pop("draft", None)


def freeze(
    contents: Sequence[tuple[Invoice, InvoiceValues]],
    *,
    reason: str,
    origin: Origin,
    sources: Sequence[str] = (),
) -> list[InvoiceRevision]:
    """Freeze the next revision of each invoice and finalize it; send invoices_frozen.

    The invoices are locked and have `current_revision` loaded. `sources` has the source of each
    invoice, unless all share the origin's. Constant number of statements.
    """
    sources = sources or [origin.source] * len(contents)
    for invoice, values in contents:
        if not values.lines:
            raise Refused(f"Invoice {invoice.number} has no lines: there is nothing to approve.")
    revisions = insert_objects(
        InvoiceRevision(
            invoice=invoice,
            sequence=invoice.current_revision.sequence + 1 if invoice.current_revision else 1,
            **{name: getattr(values, name) for name in HEADER_FIELDS},
            subtotal_cents=values.subtotal_cents,
            total_cents=values.total_cents,
            fingerprint=invoice_fingerprint(values),
            frozen_by=origin.user,
            reason=reason,
            source=source,
        )
        for (invoice, values), source in zip(contents, sources, strict=True)
    )
    frozen = [values for _, values in contents]
    insert_rows(
        InvoiceLine,
        ("revision_id", "position", *LINE_FIELDS),
        (
            (revision.pk, position, *_LINE_VALUES(line))
            for revision, content in zip(revisions, frozen, strict=True)
            for position, line in enumerate(content.lines, 1)
        ),
    )
    record_names(
        items={line.item for _, values in contents for line in values.lines},
        classes={line.class_name for _, values in contents for line in values.lines},
    )
    _point_at(revisions)
    invoices_frozen.send(sender=Invoice, revisions=revisions, contents=frozen, origin=origin)
    return revisions


def _point_at(revisions: Sequence[InvoiceRevision]) -> None:
    newest = InvoiceRevision.objects.filter(invoice=OuterRef("pk")).order_by("-sequence")
    Invoice.objects.filter(pk__in=[revision.invoice_id for revision in revisions]).update(
        status=Invoice.Status.FINALIZED, current_revision_id=Subquery(newest.values("pk")[:1])
    )
    for revision in revisions:
        revision.invoice.status = Invoice.Status.FINALIZED
        revision.invoice.current_revision = revision


def _line_fields(line: LineValues) -> dict[str, object]:
    return {name: getattr(line, name) for name in LINE_FIELDS}
