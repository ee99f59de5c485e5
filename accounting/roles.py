"""What each role may do with batches and related records (domain.md §9)."""

from sera_batching.roles import ACCOUNTANT, ADMIN, OFFICE, grant

grant(OFFICE, "accounting.view_batch")
grant(
    ACCOUNTANT,
    "accounting.view_unbatched",
    "accounting.make_batch",
    "accounting.download_batch",
    "accounting.retry_batch",
    "accounting.mark_loaded",
    "accounting.work_follow_ups",
)
grant(ADMIN, "accounting.undo_batch", "accounting.release_batch", "accounting.import_feed")
