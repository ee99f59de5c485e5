"""Batches and their contents in Django's admin, read-only."""

from django.contrib import admin

from accounting.models import Batch, BatchDownload, BatchFile, BatchItem, FollowUp
from sera_batching.admin_site import ReadOnlyAdmin


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "status", "created_by", "created_at", "document_count", "sha256")
    list_select_related = ("created_by",)
    list_filter = ("status",)
    search_fields = ("name", "sha256")


@admin.register(BatchFile)
class BatchFileAdmin(ReadOnlyAdmin):
    list_display = ("batch", "name", "document_count", "row_count", "total_cents", "loaded_at")
    list_select_related = ("batch",)
    search_fields = ("=batch__id", "sha256")


@admin.register(BatchItem)
class BatchItemAdmin(ReadOnlyAdmin):
    list_display = ("batch", "kind", "number", "date", "amount_cents", "is_live", "is_newest")
    list_select_related = ("batch",)
    list_filter = ("kind", "is_live", "is_newest")
    search_fields = ("=batch__id", "=number")


@admin.register(BatchDownload)
class BatchDownloadAdmin(ReadOnlyAdmin):
    list_display = ("batch", "user", "at")
    list_select_related = ("batch", "user")
    search_fields = ("=batch__id",)


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    list_display = ("cause", "status", "problem", "raised_at", "closed_at", "closed_by")
    list_select_related = ("closed_by",)
    list_filter = ("status", "cause")
