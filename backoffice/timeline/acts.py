"""What people did with a document apart from changing its content, from the audit trail."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import Q, QuerySet

from backoffice.timeline.entries import (
    Entry,
    Topic,
    first_rows,
    link_to_invoice,
    link_to_payment,
)
from invoices.models import Invoice
from payments.models import Payment
from sera_batching.models import AuditEvent, User

_INVOICE_ACTS: Final[Mapping[str, str]] = {
    "invoice.unlocked": "Unlocked for editing",
    "invoice.draft_edited": "Draft edited",
    "invoice.voided": "Voided",
    "invoice.cancelled": "Cancelled",
    "invoice.held": "Do Not Batch",
    "invoice.resumed": "Resume Batching",
}
"""Without approvals, which are read from the revisions."""
_HOLDS: Final = ("invoice.held", "invoice.resumed")
_STATES: Final[Mapping[str, str]] = {
    "payment.removed": "Removed",
    "payment.disputed": "Disputed",
    "payment.restored": "Restored",
}
_SETTLING: Final = ("payment.changed", "payment.reallocated")


def invoice_acts(
    invoice: Invoice, payment_ids: Iterable[int], reader: User, newest: int | None
) -> list[Entry]:
    """Return actions on the invoice and on payments ever allocated to it; one statement."""
    own = _about(Invoice, [invoice.pk]) & Q(action__in=_INVOICE_ACTS)
    of_payments = _about(Payment, payment_ids) & Q(action__in=_STATES)
    return [
        _payment_act(event, reader, is_own=False)
        if event.action in _STATES
        else _invoice_act(event, reader, is_own=True)
        for event in first_rows(_events(own | of_payments), newest)
    ]


def payment_acts(
    payment: Payment, invoice_ids: Iterable[int], reader: User, newest: int | None
) -> list[Entry]:
    """Return actions on the payment, and holds of its invoices; one statement."""
    is_state = Q(action__in=_STATES)
    is_settling = Q(action__in=_SETTLING, after__has_key="is_settled")
    own = _about(Payment, [payment.pk]) & (is_state | is_settling)
    of_invoices = _about(Invoice, invoice_ids) & Q(action__in=_HOLDS)
    return [
        _invoice_act(event, reader, is_own=False)
        if event.action in _HOLDS
        else _payment_act(event, reader, is_own=True)
        for event in first_rows(_events(own | of_invoices), newest)
    ]


def _about(model: type[Invoice] | type[Payment], ids: Iterable[int]) -> Q:
    return Q(target_type=model._meta.label_lower, target_id__in=[str(pk) for pk in ids])


def _events(which: Q) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(which).order_by("-pk")


def _invoice_act(event: AuditEvent, reader: User, *, is_own: bool) -> Entry:
    what = _INVOICE_ACTS[event.action]
    link = link_to_invoice(event.target_label, int(event.target_id), reader)
    return Entry(
        at=event.at,
        topic=Topic.CONTENT if event.action == "invoice.draft_edited" else Topic.STATE,
        what=what if is_own else f"Invoice {event.target_label}: {what}",
        who=event.actor_name,
        source=event.source,
        why=event.note,
        links=[] if is_own else [link],
    )


def _payment_act(event: AuditEvent, reader: User, *, is_own: bool) -> Entry:
    settled = "Settled" if event.after.get("is_settled") else "No longer settled"
    what = _STATES.get(event.action, settled)
    link = link_to_payment(event.target_label, int(event.target_id), reader)
    return Entry(
        at=event.at,
        topic=Topic.STATE,
        what=what if is_own else f"Payment {event.target_label} {what.lower()}",
        who=event.actor_name,
        source=event.source,
        why=event.note,
        links=[] if is_own else [link],
    )
