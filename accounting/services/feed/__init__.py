"""The feed: how documents get in, by command, API or upload; all three call `import_feed`."""

from accounting.services.feed.importing import FeedFile, import_feed, import_lines
from accounting.services.feed.lines import read_lines
from accounting.services.feed.parsing import Problem
from accounting.services.feed.portions import FeedReport
from accounting.services.feed.workbooks import import_workbook, sheets_of

__all__ = [
    "FeedFile",
    "FeedReport",
    "Problem",
    "import_feed",
    "import_lines",
    "import_workbook",
    "read_lines",
    "sheets_of",
]
