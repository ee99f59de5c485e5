"""The pages of documents, customers and the catalogue; what is done to documents; the search."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice import document_pages, search
from backoffice.actions import (
    allocation_views,
    invoice_edit_views,
    invoice_views,
    payment_views,
)
from backoffice.catalogue import views as catalogue
from backoffice.customers import views as customers
from backoffice.lists import views as lists

INVOICES: list[URLPattern] = [
    path("", lists.invoices, name="list"),
    path("csv/", lists.invoices_csv, name="csv"),
    path("<int:invoice_id>/", document_pages.invoice, name="detail"),
    path("credit-memos/<int:credit_memo_id>/", document_pages.credit_memo, name="credit_memo"),
]
PAYMENTS: list[URLPattern] = [
    path("", lists.payments, name="list"),
    path("csv/", lists.payments_csv, name="csv"),
    path("<int:payment_id>/", document_pages.payment, name="detail"),
    path("refunds/<int:refund_id>/", document_pages.refund, name="refund"),
]
PATTERNS: list[URLPattern] = [
    path("customers/", customers.customers, name="customers"),
    path("customers.csv", customers.customers_csv, name="customers_csv"),
    path("customers/<int:customer_id>/", customers.customer, name="customer"),
    path("customers/<int:customer_id>/key/", customers.customer_key, name="customer_key"),
    path("customers/<int:customer_id>/merge/", customers.customer_merge, name="customer_merge"),
    path(
        "customers/<int:customer_id>/merge/<int:survivor_id>/",
        customers.customer_merge_into,
        name="customer_merge_into",
    ),
    path("departments/", catalogue.departments, name="departments"),
    path("departments/<int:department_id>/", catalogue.department, name="department"),
    path("items/", catalogue.items, name="items"),
    path("classes/", catalogue.classes, name="classes"),
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

urlpatterns: list[URLPattern | URLResolver] = [
    path("search/", search.search, name="search"),
    path("invoices/", include((INVOICES, "invoices"))),
    path("payments/", include((PAYMENTS, "payments"))),
    path("", include((PATTERNS, "backoffice"))),
]
