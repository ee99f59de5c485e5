"""The addresses of acts on documents, below those of the documents."""

from django.urls import URLPattern, path

from backoffice.actions import (
    allocation_views,
    invoice_edit_views,
    invoice_views,
    payment_views,
)

urlpatterns: list[URLPattern] = [
    path(
        "invoices/<int:invoice_id>/approve/", invoice_views.invoice_approve, name="invoice_approve"
    ),
    path("invoices/<int:invoice_id>/edit/", invoice_edit_views.invoice_edit, name="invoice_edit"),
    path("invoices/<int:invoice_id>/date/", invoice_views.invoice_date, name="invoice_date"),
    path("invoices/<int:invoice_id>/void/", invoice_views.invoice_void, name="invoice_void"),
    path("invoices/<int:invoice_id>/cancel/", invoice_views.invoice_cancel, name="invoice_cancel"),
    path("invoices/<int:invoice_id>/hold/", invoice_views.invoice_hold, name="invoice_hold"),
    path("invoices/<int:invoice_id>/resume/", invoice_views.invoice_resume, name="invoice_resume"),
    path("payments/take/", allocation_views.payment_take, name="payment_take"),
    path(
        "payments/<int:payment_id>/reallocate/",
        allocation_views.payment_reallocate,
        name="payment_reallocate",
    ),
    path("payments/<int:payment_id>/refund/", payment_views.payment_refund, name="payment_refund"),
    path("payments/<int:payment_id>/remove/", payment_views.payment_remove, name="payment_remove"),
    path(
        "payments/<int:payment_id>/dispute/", payment_views.payment_dispute, name="payment_dispute"
    ),
    path(
        "payments/<int:payment_id>/restore/", payment_views.payment_restore, name="payment_restore"
    ),
    path("payments/<int:payment_id>/settle/", payment_views.payment_settle, name="payment_settle"),
]
