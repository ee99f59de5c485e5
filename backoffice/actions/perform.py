"""Performs an action as a page does: previewed, once, and only if nothing has changed since."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from backoffice.actions.batching_state import batching_state_of
from backoffice.actions.consequences import Consequence, compare, digest_of
from invoices.models import Invoice, InvoiceDraft, InvoiceRevision, Job
from invoices.services.freezing import lock_invoice, lock_jobs
from invoices.versions import invoice_version, require_invoice_version
from payments.models import Payment
from payments.services.checks import lock_invoices
from payments.services.freezing import current_of, lock_payment
from payments.versions import payment_version, require_payment_version
from sera_batching.database.locks import shared_books_lock
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.exceptions import Conflict
from sera_batching.origin import Origin
from sera_batching.sent_forms import claim_form

Document = Invoice | Payment
Operation = Callable[[], Document]
"""Calls services, and returns the document that was changed or made."""


class PreviewOutdated(Conflict):
    """The action would now do something else to the next batch than the page showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedForm:
    """What a form carries besides its values."""

    token: UUID
    """The form's token: an action is carried out only once per token."""
    version: str
    """The document's version when the form was opened; empty for a new document."""
    agreed: str = ""
    """The digest of the consequences that the page showed."""


def version_of(document: Document | None) -> str:
    """Return the version of this document for a form."""
    if document is None:
        return ""
    if isinstance(document, Invoice):
        return invoice_version(document)
    return payment_version(document)


@retry_when_given_up
def preview_action(*, act: Operation, document: Document | None, version: str) -> list[Consequence]:
    """Return what the action would do to the next batch: it is done, observed and rolled back.

    Raises Conflict if the document has changed, and whatever the action itself raises.
    """
    with transaction.atomic():
        _, consequences = _observe(act, document, version)
        transaction.set_rollback(True)
    return consequences


@retry_when_given_up
def perform_previewed_action(
    *,
    act: Operation,
    document: Document | None,
    sent: SubmittedForm,
    url_of: Callable[[Document], str],
    origin: Origin,
) -> str:
    """Carry out the act and return the URL of the page that shows it.

    Raises AlreadySent for a form that was carried out, Conflict if the document is not what it was,
    PreviewOutdated unless it does to the next batch what the user agreed to, and whatever the
    action itself raises; in each case nothing is changed.
    """
    with transaction.atomic():
        claim = claim_form(token=sent.token, origin=origin)
        done, consequences = _observe(act, document, sent.version)
        if digest_of(consequences) != sent.agreed:
            raise PreviewOutdated(
                "Nothing has been done yet. What this does to the next batch was not shown, "
                "or has changed. Review it below, then confirm."
            )
        claim.address = url_of(done)
        claim.save(update_fields=["address"])
    return claim.address


def _observe(
    act: Operation, document: Document | None, version: str
) -> tuple[Document, list[Consequence]]:
    shared_books_lock()
    if document is not None:
        _lock_as_seen(document, version)
    before = batching_state_of(document)
    done = act()
    return done, compare(before, batching_state_of(done), done)


def _lock_as_seen(document: Document, version: str) -> None:
    """Lock the document, after its job and, for a payment, the invoices that it names (ADR 24)."""
    if isinstance(document, Invoice):
        _lock_jobs_of(document)
        lock_invoice(document)
        require_invoice_version(document, version)
        return
    revision = current_of(document)
    lock_jobs([revision.job] if revision.job else [])
    allocations = revision.allocations.select_related("invoice")
    lock_invoices(allocation.invoice for allocation in allocations)
    lock_payment(document)
    require_payment_version(document, version)


def _lock_jobs_of(invoice: Invoice) -> None:
    """Lock the jobs that actions on the invoice read."""
    if connection.features.has_select_for_update:
        drafts = InvoiceDraft.objects.filter(invoice=invoice)
        frozen = InvoiceRevision.objects.filter(pk=invoice.current_revision_id or 0)
        named = Q(pk__in=drafts.values("job")) | Q(pk__in=frozen.values("job"))
        lock_jobs(Job.objects.filter(named))
