"""Reads the histories that the tests make, and changes an invoice in them."""

import dataclasses

from backoffice.timeline.documents import timeline_of_invoice, timeline_of_payment
from backoffice.timeline.entries import Entry
from invoices.models import Invoice
from invoices.services.invoices import (
    change_invoice,
)
from invoices.services.values import values_of
from invoices.tests.factories import (
    make_user,
)
from payments.models import Payment
from sera_batching.models import User
from sera_batching.origin import Origin


def entries_of(document: Invoice | Payment, reader: User | None = None) -> list[Entry]:
    document.refresh_from_db()
    reader = reader or make_user()
    if isinstance(document, Invoice):
        return timeline_of_invoice(document, reader).entries
    return timeline_of_payment(document, reader).entries


def told(document: Invoice | Payment) -> list[str]:
    """Return what happened, newest first."""
    return [entry.what for entry in entries_of(document)]


def entry_named(document: Invoice | Payment, what: str, reader: User | None = None) -> Entry:
    (found,) = [entry for entry in entries_of(document, reader) if entry.what == what]
    return found


def change(invoice: Invoice, origin: Origin, reason: str = "Asked for", **values: object) -> None:
    invoice.refresh_from_db()
    assert invoice.current_revision
    change_invoice(
        invoice=invoice,
        values=dataclasses.replace(values_of(invoice.current_revision), **values),  # type: ignore[arg-type]
        reason=reason,
        origin=origin,
    )
