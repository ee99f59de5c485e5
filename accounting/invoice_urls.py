"""The addresses of invoices: their list knows of the books, so it is of this app."""

from django.urls import path

from backoffice import document_pages
from backoffice.lists import views

app_name = "invoices"
urlpatterns = [
    path("", views.invoices, name="list"),
    path("csv/", views.invoices_csv, name="csv"),
    path("<int:invoice_id>/", document_pages.invoice, name="detail"),
    path("credit-memos/<int:credit_memo_id>/", document_pages.credit_memo, name="credit_memo"),
]
