"""The pages of batching in the navigation."""

from typing import Final

from accounting.models import FollowUp
from sera_batching.navigation import NAVIGATION, Page, register_detail_pages

UNBATCHED: Final = "accounting.view_unbatched"
REPORTS: Final = "Reports: Accounting"


def count_open_follow_ups() -> int:
    """Return the number of open follow-ups."""
    return FollowUp.objects.open().count()


NAVIGATION.register(
    Page(10, "", "Home", "home", UNBATCHED),
    Page(20, "Accounting", "Unbatched", "accounting:unbatched", UNBATCHED),
    Page(30, REPORTS, "Previous Batches", "accounting:batches", "accounting.view_batch"),
    Page(40, REPORTS, "Revenue", "accounting:revenue", UNBATCHED),
    Page(50, REPORTS, "Pending Revenue", "accounting:pending_revenue", UNBATCHED),
    Page(60, REPORTS, "Completeness", "accounting:completeness", UNBATCHED),
    Page(
        100,
        "",
        "Fix in QuickBooks",
        "accounting:follow_ups",
        "accounting.work_follow_ups",
        count=count_open_follow_ups,
    ),
)
register_detail_pages({"accounting.batch": "accounting:batch"})
