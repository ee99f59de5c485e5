"""The state of an invoice when a form was opened, compared with its state now."""

from invoices.fingerprints import invoice_fingerprint
from invoices.models import Invoice, InvoiceDraft, InvoiceRevision
from invoices.services.values import values_of
from sera_batching.exceptions import Conflict
from sera_batching.versions import Version, read_version, version_text


def invoice_version(invoice: Invoice) -> str:
    """Return what a form carries: status, hold, newest revision and draft of the invoice."""
    return version_text(_version_of(invoice))


def require_invoice_version(invoice: Invoice, seen: str) -> None:
    """Raise Conflict, naming what changed, unless the locked invoice is as the form saw it."""
    before, now = read_version(seen), _version_of(invoice)
    changes = []
    if before.get("status") != now["status"]:
        changes.append(f"it is {invoice.get_status_display().lower()} now")
    if before.get("held") != now["held"]:
        changes.append("it is held back now" if invoice.is_on_hold else "it is no longer held back")
    if before.get("revision") != now["revision"] and invoice.current_revision is not None:
        changes.append(_name_revision(invoice.current_revision))
    if not changes and before.get("draft") != now["draft"]:
        changes.append("its draft was edited")
    if changes:
        raise Conflict(
            f"Invoice {invoice.number} has changed since this form was opened: "
            f"{'; '.join(changes)}. Nothing was done. Review the changes, then submit the "
            "form again."
        )


def _version_of(invoice: Invoice) -> Version:
    draft = InvoiceDraft.objects.filter(invoice=invoice).prefetch_related("lines").first()
    revision = invoice.current_revision
    return {
        "status": str(invoice.status),
        "held": "1" if invoice.is_on_hold else "0",
        "revision": str(revision.sequence) if revision else "0",
        "draft": invoice_fingerprint(values_of(draft))[:16] if draft else "",
    }


def _name_revision(revision: InvoiceRevision) -> str:
    reason = f" (“{revision.reason}”)" if revision.reason else ""
    return f"revision {revision.sequence} was approved by {revision.frozen_by}{reason}"
