"""The addresses of acts on documents, below those of the documents."""

from django.urls import URLPattern, path

from accounting.views.documents import allocations, invoice_edit, invoices, payments

urlpatterns: list[URLPattern] = [
    path("invoices/<int:invoice_id>/approve/", invoices.invoice_approve, name="invoice_approve"),
    path("invoices/<int:invoice_id>/edit/", invoice_edit.invoice_edit, name="invoice_edit"),
    path("invoices/<int:invoice_id>/date/", invoices.invoice_date, name="invoice_date"),
    path("invoices/<int:invoice_id>/void/", invoices.invoice_void, name="invoice_void"),
    path("invoices/<int:invoice_id>/cancel/", invoices.invoice_cancel, name="invoice_cancel"),
    path("invoices/<int:invoice_id>/hold/", invoices.invoice_hold, name="invoice_hold"),
    path("invoices/<int:invoice_id>/resume/", invoices.invoice_resume, name="invoice_resume"),
    path("payments/take/", allocations.payment_take, name="payment_take"),
    path(
        "payments/<int:payment_id>/reallocate/",
        allocations.payment_reallocate,
        name="payment_reallocate",
    ),
    path("payments/<int:payment_id>/refund/", payments.payment_refund, name="payment_refund"),
    path("payments/<int:payment_id>/remove/", payments.payment_remove, name="payment_remove"),
    path("payments/<int:payment_id>/dispute/", payments.payment_dispute, name="payment_dispute"),
    path("payments/<int:payment_id>/restore/", payments.payment_restore, name="payment_restore"),
    path("payments/<int:payment_id>/settle/", payments.payment_settle, name="payment_settle"),
]
