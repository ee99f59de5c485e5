"""The pages of batching: home, Unbatched, batches, reports, follow-ups."""

from django.urls import URLPattern, URLResolver, include, path

from accounting.views import batches, drafts, follow_ups, home, reports, unbatched, undo

PATTERNS: list[URLPattern] = [
    path("unbatched/", unbatched.unbatched, name="unbatched"),
    path("unbatched/bar/", unbatched.unbatched_bar, name="unbatched_bar"),
    path("unbatched/csv/", unbatched.unbatched_csv, name="unbatched_csv"),
    path("unbatched/ticks/", unbatched.tick, name="tick"),
    path("unbatched/drafts/", drafts.draft_make, name="draft_make"),
    path("unbatched/drafts/<uuid:draft_id>/", drafts.draft, name="draft"),
    path("unbatched/drafts/<uuid:draft_id>/confirm/", drafts.draft_confirm, name="draft_confirm"),
    path("unbatched/drafts/<uuid:draft_id>/include/", drafts.draft_include, name="draft_include"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<int:batch_id>/", batches.batch_detail, name="batch"),
    path("batches/<int:batch_id>/status/", batches.batch_status, name="batch_status"),
    path("batches/<int:batch_id>/files/<int:number>/", batches.batch_detail, name="batch_file"),
    path(
        "batches/<int:batch_id>/files/<int:number>/<int:part>/loaded/",
        batches.file_loaded,
        name="file_loaded",
    ),
    path(
        "batches/<int:batch_id>/documents/<int:item_id>/",
        batches.batch_document,
        name="batch_document",
    ),
    path("batches/<int:batch_id>/retry/", batches.batch_retry, name="batch_retry"),
    path("batches/<int:batch_id>/download/", batches.batch_download, name="batch_download"),
    path("batches/<int:batch_id>/rebuild/", batches.batch_rebuild, name="batch_rebuild"),
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
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("", include((PATTERNS, "accounting"))),
]
