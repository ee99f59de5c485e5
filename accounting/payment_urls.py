"""The addresses of payments: their list knows of the books, so it is of this app."""

from django.urls import path

from backoffice.lists import views as lists
from payments import views

app_name = "payments"
urlpatterns = [
    path("", lists.payments, name="list"),
    path("csv/", lists.payments_csv, name="csv"),
    path("<int:payment_id>/", views.payment, name="detail"),
    path("refunds/<int:refund_id>/", views.refund, name="refund"),
]
