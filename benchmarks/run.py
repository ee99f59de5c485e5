"""All measurements on one scratch database, in an order that disturbs none."""

from collections.abc import Iterator
from typing import Final

from benchmarks.batching import measure_batching
from benchmarks.bench_workbook import measure_apart as write_apart
from benchmarks.clicking import measure_clicks
from benchmarks.data import make_books
from benchmarks.feeding import measure_feed
from benchmarks.measuring import Result, seconds_of
from benchmarks.pages import measure_pages
from benchmarks.sizes import Size

ROWS_ALONE: Final = "workbook alone, rows"


def measure_workbook(rows: int) -> Iterator[Result]:
    """Write the same rows with openpyxl and with ours, each in a process of its own."""
    naive, ours = write_apart("openpyxl normal", rows), write_apart("ours", rows)
    yield Result(
        work=ROWS_ALONE,
        size=rows,
        seconds=ours["seconds"],
        peak_mb=ours["peak"],
        naive="openpyxl normal mode",
        naive_seconds=naive["seconds"],
        naive_peak_mb=naive["peak"],
    )


def measure_books(
    size: Size, *, repeat: int, feed: int, is_naive_zip_written: bool = True
) -> Iterator[Result]:
    """Make the books, then measure all that is done with them."""
    documents = size.invoices + size.payments + size.batched_invoices + size.batched_payments
    yield Result(
        work="making the books (not the product)",
        size=documents,
        seconds=seconds_of(lambda: make_books(size)),
    )
    yield from measure_pages(repeat=repeat)
    yield from measure_batching(is_naive_zip_written=is_naive_zip_written)
    yield from measure_clicks()
    if feed:
        yield from measure_feed(feed)
