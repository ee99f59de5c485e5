"""The addresses of invoices: their list knows of the books, so it is of this app."""

from django.urls import path

from accounting.views import document_lists
from invoices import views

app_name = "invoices"
urlpatterns = [
    path("", document_lists.invoices, name="list"),
    path("csv/", document_lists.invoices_csv, name="csv"),
    path("<int:invoice_id>/", views.invoice, name="detail"),
    path("credit-memos/<int:credit_memo_id>/", views.credit_memo, name="credit_memo"),
]
