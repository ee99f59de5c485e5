"""Reacts to signals of the lower apps, in the same transaction."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounting.checks import findings
from accounting.follow_ups import customers, documents
from accounting.models import FollowUp
from invoices import signals as invoice_signals
from invoices.models import CreditMemo, Customer, Invoice, InvoiceRevision
from invoices.services.values import InvoiceValues
from payments import signals as payment_signals
from payments.models import Payment, PaymentRevision, Refund
from sera_batching.origin import Origin


@receiver(invoice_signals.invoices_frozen, dispatch_uid="accounting.check_invoices")
def check_frozen_invoices(
    revisions: Sequence[InvoiceRevision], contents: Sequence[InvoiceValues], **_: Any
) -> None:
    findings.check_invoices(revisions, contents)


@receiver(payment_signals.payments_frozen, dispatch_uid="accounting.check_payments")
def check_frozen_payments(revisions: Sequence[PaymentRevision], **_: Any) -> None:
    findings.check_payments(revisions)
    documents.raise_for_emptied_payments(list(revisions))


@receiver(payment_signals.refund_recorded, dispatch_uid="accounting.check_refund")
def check_recorded_refund(refund: Refund, **_: Any) -> None:
    findings.check_refund(refund)


@receiver(invoice_signals.credit_memo_recorded, dispatch_uid="accounting.check_credit_memo")
def check_recorded_credit_memo(credit_memo: CreditMemo, **_: Any) -> None:
    findings.check_credit_memo(credit_memo)


@receiver(invoice_signals.customers_changed, dispatch_uid="accounting.check_customers")
def check_changed_customers(customers: Sequence[Customer], **_: Any) -> None:
    findings.check_customers(customers)


@receiver(invoice_signals.accounting_key_changed, dispatch_uid="accounting.key_changed")
def follow_changed_key(customer: Customer, before: str, origin: Origin, **_: Any) -> None:
    customers.raise_for_changed_key(customer, before, origin)


@receiver(invoice_signals.customers_merged, dispatch_uid="accounting.customers_merged")
def follow_merged_customers(
    vanished: Sequence[Customer], survivor: Customer, origin: Origin, **_: Any
) -> None:
    customers.raise_for_merged_customers(vanished, survivor, origin)


@receiver(invoice_signals.invoice_voided, dispatch_uid="accounting.invoice_voided")
def follow_voided_invoice(invoice: Invoice, **_: Any) -> None:
    documents.raise_for_closed_invoice(invoice, FollowUp.Cause.INVOICE_VOIDED)


@receiver(invoice_signals.invoice_cancelled, dispatch_uid="accounting.invoice_cancelled")
def follow_cancelled_invoice(invoice: Invoice, **_: Any) -> None:
    documents.raise_for_closed_invoice(invoice, FollowUp.Cause.INVOICE_CANCELLED)


@receiver(payment_signals.payment_removed, dispatch_uid="accounting.payment_removed")
def follow_removed_payment(payment: Payment, **_: Any) -> None:
    documents.raise_for_payment(payment, FollowUp.Cause.PAYMENT_REMOVED)


@receiver(payment_signals.payment_disputed, dispatch_uid="accounting.payment_disputed")
def follow_disputed_payment(payment: Payment, **_: Any) -> None:
    documents.raise_for_payment(payment, FollowUp.Cause.PAYMENT_DISPUTED)


@receiver(payment_signals.payment_restored, dispatch_uid="accounting.payment_restored")
def follow_restored_payment(payment: Payment, origin: Origin, **_: Any) -> None:
    documents.settle_dispute(payment, origin)
