"""The addresses of this app."""

from django.urls import URLPattern, path

from accounting.views import (
    batch,
    batches,
    downloads,
    drafts,
    follow_ups,
    reports,
    sent_rows,
    unbatched,
    undo,
)
from backoffice import urls as document_urls
from backoffice.catalogue import views as catalogue
from backoffice.customers import views as customers

app_name = "accounting"
urlpatterns: list[URLPattern] = [
    path("unbatched/", unbatched.unbatched, name="unbatched"),
    path("unbatched/bar/", unbatched.unbatched_bar, name="unbatched_bar"),
    path("unbatched/csv/", unbatched.unbatched_csv, name="unbatched_csv"),
    path("unbatched/ticks/", unbatched.tick, name="tick"),
    path("unbatched/drafts/", drafts.draft_make, name="draft_make"),
    path("unbatched/drafts/<uuid:draft_id>/", drafts.draft, name="draft"),
    path("unbatched/drafts/<uuid:draft_id>/confirm/", drafts.draft_confirm, name="draft_confirm"),
    path("unbatched/drafts/<uuid:draft_id>/include/", drafts.draft_include, name="draft_include"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<int:batch_id>/", batch.batch_detail, name="batch"),
    path("batches/<int:batch_id>/status/", batch.batch_status, name="batch_status"),
    path("batches/<int:batch_id>/files/<int:number>/", batch.batch_detail, name="batch_file"),
    path(
        "batches/<int:batch_id>/files/<int:number>/<int:part>/loaded/",
        batch.file_loaded,
        name="file_loaded",
    ),
    path(
        "batches/<int:batch_id>/documents/<int:item_id>/",
        sent_rows.batch_document,
        name="batch_document",
    ),
    path("batches/<int:batch_id>/retry/", batch.batch_retry, name="batch_retry"),
    path("batches/<int:batch_id>/download/", downloads.batch_download, name="batch_download"),
    path("batches/<int:batch_id>/rebuild/", downloads.batch_rebuild, name="batch_rebuild"),
    path("batches/<int:batch_id>/undo/", undo.batch_undo, name="batch_undo"),
    path("batches/<int:batch_id>/release/", undo.batch_release, name="batch_release"),
    path("batches/<int:batch_id>/reversals/", undo.batch_reversals, name="batch_reversals"),
    path(
        "batches/<int:batch_id>/reversals.csv",
        undo.batch_reversals_csv,
        name="batch_reversals_csv",
    ),
    path("reports/completeness/", reports.completeness_report, name="completeness"),
    path("reports/revenue/", reports.revenue_report, name="revenue"),
    path("reports/pending-revenue/", reports.pending_revenue_report, name="pending_revenue"),
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
    path("follow-ups/", follow_ups.follow_ups, name="follow_ups"),
    path("follow-ups.csv", follow_ups.follow_ups_csv, name="follow_ups_csv"),
    path(
        "follow-ups/<int:follow_up_id>/close/", follow_ups.follow_up_close, name="follow_up_close"
    ),
    path(
        "follow-ups/<int:follow_up_id>/reopen/",
        follow_ups.follow_up_reopen,
        name="follow_up_reopen",
    ),
    *document_urls.urlpatterns,
]
