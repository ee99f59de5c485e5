"""Keeps payments in step when their invoices and jobs change, in the same transaction."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q
from django.dispatch import receiver

from invoices.models import Invoice, InvoiceRevision, Job
from invoices.signals import (
    invoice_cancelled,
    invoice_closing,
    invoice_locked,
    invoice_voided,
    invoices_frozen,
    job_changed,
    job_locked,
)
from payments.balances import net_allocations
from payments.services.freezing import freeze_again, lock_payments
from sera_batching.exceptions import Refused
from sera_batching.money import cents_display
from sera_batching.origin import Origin

_NAMED = "current_revision__allocations__invoice__in"


@receiver(invoice_locked, dispatch_uid="lock_payments_of_locked_invoice")
def lock_payments_of_locked_invoice(invoice: Invoice, **_: Any) -> None:
    """Lock the payments that will be frozen again, before the invoice is written.

    Writing a document locks its maintained list rows (ADR 24), and a payment's for every invoice
    that it names. Without this lock two invoices of one payment could deadlock there.
    """
    if connection.features.has_select_for_update:
        lock_payments(Q(**{_NAMED: [invoice.pk]}))


@receiver(job_locked, dispatch_uid="lock_payments_of_locked_job")
def lock_payments_of_locked_job(job: Job, **_: Any) -> None:
    """Lock the payments on the job before it is written: their list rows show its department.

    A refund or reallocation locks the payment before its list row, so this must do the same.
    """
    if connection.features.has_select_for_update:
        lock_payments(Q(current_revision__job=job))


@receiver(invoice_closing, dispatch_uid="refuse_closing_paid_invoice")
def refuse_closing_paid_invoice(invoice: Invoice, verb: str, **_: Any) -> None:
    """Refuse to void or cancel an invoice that has unrefunded money (§7)."""
    held = [one for one in net_allocations([invoice.pk]) if one.net_cents > 0]
    if held:
        payments = ", ".join(
            f"{one.payment_number} ({cents_display(one.net_cents)})" for one in held
        )
        raise Refused(
            f"Invoice {invoice.number} cannot be {verb} while it holds money that has not "
            f"been refunded: payment {payments}. Refund, reallocate or remove it first."
        )


@receiver(invoices_frozen, dispatch_uid="refreeze_payments_of_frozen_invoices")
def refreeze_payments_of_frozen_invoices(
    revisions: Sequence[InvoiceRevision], origin: Origin, **_: Any
) -> None:
    """Point the payments on these invoices at the invoices' newest form (domain.md §2)."""
    freeze_again(
        Q(**{_NAMED: [revision.invoice_id for revision in revisions]}),
        reason="Its invoice was approved.",
        origin=origin,
    )


@receiver(invoice_voided, dispatch_uid="refreeze_payments_of_voided_invoice")
def refreeze_payments_of_voided_invoice(invoice: Invoice, origin: Origin, **_: Any) -> None:
    """Stop naming the void invoice (domain.md §3)."""
    freeze_again(Q(**{_NAMED: [invoice.pk]}), reason="Its invoice was voided.", origin=origin)


@receiver(invoice_cancelled, dispatch_uid="refreeze_payments_of_cancelled_invoice")
def refreeze_payments_of_cancelled_invoice(invoice: Invoice, origin: Origin, **_: Any) -> None:
    """Stop naming the cancelled invoice (domain.md §3)."""
    freeze_again(Q(**{_NAMED: [invoice.pk]}), reason="Its invoice was cancelled.", origin=origin)


@receiver(job_changed, dispatch_uid="refreeze_payments_of_job")
def refreeze_payments_of_job(job: Job, origin: Origin, **_: Any) -> None:
    """Freeze the job's payments again: rows are blank while the job is imported (domain.md §3)."""
    freeze_again(Q(current_revision__job=job), reason="Its job was changed.", origin=origin)
