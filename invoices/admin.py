"""Invoices and customers in Django's admin, read-only."""

from django.contrib import admin

from invoices.models import CreditMemo, Customer, Department, Invoice, InvoiceRevision, Job
from sera_batching.admin_site import ReadOnlyAdmin


@admin.register(Department)
class DepartmentAdmin(ReadOnlyAdmin):
    list_display = ("name", "default_item", "default_class", "terms", "is_archived")
    list_filter = ("is_archived",)
    search_fields = ("name",)


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("number", "name", "accounting_key", "email", "is_tax_exempt")
    search_fields = ("number", "name", "accounting_key")


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "department", "is_imported")
    list_select_related = ("customer", "department")
    list_filter = ("is_imported",)
    search_fields = ("number",)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "status", "is_on_hold", "created_at")
    list_select_related = ("customer",)
    list_filter = ("status", "is_on_hold")
    search_fields = ("number", "customer__name")


@admin.register(InvoiceRevision)
class InvoiceRevisionAdmin(ReadOnlyAdmin):
    list_display = ("invoice", "sequence", "date", "total_cents", "frozen_at", "frozen_by")
    list_select_related = ("invoice", "frozen_by")
    search_fields = ("=invoice__number",)


@admin.register(CreditMemo)
class CreditMemoAdmin(ReadOnlyAdmin):
    list_display = ("number", "invoice", "date", "recorded_at")
    list_select_related = ("invoice",)
    search_fields = ("number", "=invoice__number")
