"""Payments and refunds in Django's admin, read-only."""

from django.contrib import admin

from payments.models import Payment, PaymentRevision, Refund
from sera_batching.admin_site import ReadOnlyAdmin


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "state", "is_settled", "created_at")
    list_select_related = ("customer",)
    list_filter = ("state", "is_settled")
    search_fields = ("number", "customer__name")


@admin.register(PaymentRevision)
class PaymentRevisionAdmin(ReadOnlyAdmin):
    list_display = ("payment", "sequence", "date", "method", "amount_cents", "frozen_at")
    list_select_related = ("payment",)
    list_filter = ("method",)
    search_fields = ("=payment__number",)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("number", "payment", "date", "amount_cents", "method", "recorded_at")
    list_select_related = ("payment",)
    list_filter = ("method",)
    search_fields = ("number", "=payment__number")
