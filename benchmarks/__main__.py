"""Measure slow operations against the naive way to do them: `python -m benchmarks`.

It makes and drops its own database and folders, on PostgreSQL if DATABASE_URL says so. `--full`
takes the sizes of docs/performance.md: three databases, half an hour and some gigabytes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Result, machine_facts
from benchmarks.report import table_of, write_json
from benchmarks.scratch import ROOT, scratch_database

SHORT: Final = (
    {"invoices": 2_000, "payments": 1_500, "batched_invoices": 6_000, "batched_payments": 3_000},
)
FULL: Final = (
    {"invoices": 20_000, "payments": 15_000, "batched_invoices": 0, "batched_payments": 0},
    {
        "invoices": 60_000,
        "payments": 40_000,
        "batched_invoices": 600_000,
        "batched_payments": 300_000,
    },
    {"invoices": 200_000, "payments": 0, "batched_invoices": 0, "batched_payments": 0},
)
MOST_NAIVE_INVOICES: Final = 60_000
"""Beyond, objects and openpyxl take more memory than a small machine has."""


def main() -> None:
    """Measure, print the table as it grows, write the JSON."""
    options = read_options()
    sizes: list[dict[str, int]] = [dict(one) for one in (FULL if options.full else SHORT)]
    for name in ("invoices", "payments", "batched_invoices", "batched_payments"):
        if (number := getattr(options, name)) is not None:
            sizes = [{**sizes[0], name: number}]
    results: list[Result] = []
    facts: dict[str, Any] = {}
    for position, size in enumerate(sizes):
        with scratch_database():
            # Only now are there models to import.
            from benchmarks.run import measure_books, measure_workbook
            from benchmarks.sizes import Size

            facts = facts or machine_facts()
            if position == 0:
                results += measure_workbook(options.rows)
            results += measure_books(
                Size(**size),
                repeat=options.repeat,
                feed=options.feed if position == 0 else 0,
                is_naive_zip_written=size["invoices"] <= MOST_NAIVE_INVOICES,
            )
    described = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    sys.stdout.write(f"{described}\n\n{table_of(results)}\n")
    write_json(options.json, facts, results)
    sys.stdout.write(f"\nWritten to {options.json}\n")


def read_options() -> argparse.Namespace:
    """Read the command line; sizes that are not given are those of the short or the full form."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of docs/performance.md")
    for name in ("invoices", "payments", "batched-invoices", "batched-payments"):
        parser.add_argument(f"--{name}", type=int, help="one database of this size")
    parser.add_argument("--rows", type=int, help="rows of the workbook alone")
    parser.add_argument("--feed", type=int, help="invoices to feed")
    parser.add_argument("--repeat", type=int, default=3, help="best of so many, for the page")
    parser.add_argument("--json", type=Path, default=ROOT / "var" / "reports" / "bench.json")
    options = parser.parse_args()
    options.rows = options.rows or (100_000 if options.full else 5_000)
    options.feed = options.feed or (10_000 if options.full else 1_000)
    return options


if __name__ == "__main__":
    main()
