"""Write the same rows as a workbook with both modes of openpyxl and with ours; print the ratios.

Run `python -m benchmarks.bench_workbook`; `--rows 100000` for the size of docs/performance.md. Each
writer runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet.worksheet import Worksheet

from accounting.workbooks.layouts import Column, SheetRow
from accounting.workbooks.package import NUMBER_FORMATS
from accounting.workbooks.workbook import write_workbook

LINES_AN_INVOICE: Final = 5
COLUMNS: Final = (
    Column("Invoice No", "text", "number"),
    Column("Customer", "text", "customer"),
    Column("Invoice Date", "date", "date"),
    Column("Due Date", "date", "due_date"),
    Column("Terms", "text", "terms"),
    Column("Billing Address Line 1", "text", "line1"),
    Column("Billing Address City", "text", "city"),
    Column("Billing Address State", "text", "state"),
    Column("Billing Address Postal Code", "text", "postal_code"),
    Column("Memo", "text", "memo"),
    Column("Email", "text", "email"),
    Column("Sales Tax Code", "text", "tax_name"),
    Column("Sales Tax Amount", "cents", "tax"),
    Column("Product/Service", "text", "item"),
    Column("Product/Service Description", "text", "description"),
    Column("Product/Service Quantity", "quantity", "quantity"),
    Column("Product/Service Rate", "rate", "rate"),
    Column("Product/Service Amount", "cents", "amount"),
    Column("Product/Service Taxable", "text", "taxable"),
    Column("Product/Service Class", "text", "line_class"),
)


def make_rows(count: int) -> Iterator[SheetRow]:
    """Yield rows as Invoice Inserts has them, five lines an invoice; always the same ones."""
    source = random.Random(1)
    items = ("Plumbing:Repair", "Labor", "Parts", "HVAC:Tune up")
    head: SheetRow = ()
    for number in range(count):
        if number % LINES_AN_INVOICE == 0:
            customer = source.randrange(20_000)
            day = date(2026, 1, 1) + timedelta(days=source.randrange(60))
            head = (
                f"INV-{number // LINES_AN_INVOICE:07d}",
                f"Customer {customer}",
                day,
                day + timedelta(days=30),
                "Net 30",
                f"{customer % 9_999} Main Street",
                "Springfield",
                "IL",
                f"{customer % 99_999:05d}",
                f"Job {source.randrange(10**6)}, water heater",
                f"customer{customer}@example.com",
                "IL Sales Tax",
                source.randrange(10_000),
            )
        quantity, rate_cents = source.randrange(1, 5), source.randrange(100, 50_000)
        yield (
            *head,
            source.choice(items),
            f"What was done, text {source.randrange(300)}",
            Decimal(quantity),
            Decimal(rate_cents).scaleb(-2),
            quantity * rate_cents,
            "TRUE",
            "HVAC",
        )


def openpyxl_cells(
    sheet: Worksheet, row: SheetRow, columns: Sequence[Column] = COLUMNS
) -> list[Any]:
    """Return the row as cells that are as safe and as formatted as ours."""
    cells = []
    for column, value in zip(columns, row, strict=True):
        content = Decimal(value).scaleb(-2) if column.kind == "cents" else value
        cell = WriteOnlyCell(sheet, value=content)
        cell.number_format = NUMBER_FORMATS[column.kind]
        if column.kind == "text":
            cell.data_type = "s"
        cells.append(cell)
    return cells


def write_normal(rows: Iterator[SheetRow], path: Path) -> None:
    """Write with openpyxl as most would."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([column.header for column in COLUMNS])
    for row in rows:
        sheet.append(openpyxl_cells(sheet, row))
    workbook.save(path)


def write_write_only(rows: Iterator[SheetRow], path: Path) -> None:
    """Write with openpyxl's write-only mode."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.append([column.header for column in COLUMNS])
    for row in rows:
        sheet.append(openpyxl_cells(sheet, row))
    workbook.save(path)


def write_ours(rows: Iterator[SheetRow], path: Path) -> None:
    """Write with our own streamed sheet."""
    with path.open("w+b") as target:
        write_workbook(target, sheet_name="1 Invoice Inserts", columns=COLUMNS, rows=rows)


WRITERS: Final[dict[str, Callable[[Iterator[SheetRow], Path], None]]] = {
    "openpyxl normal": write_normal,
    "openpyxl write-only": write_write_only,
    "ours": write_ours,
}


def measure(writer: str, rows: int) -> dict[str, float]:
    """Write once in this process; return seconds, peak MB above the start and MB of the file."""
    prepared = list(make_rows(rows))
    start_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        started = time.perf_counter()
        WRITERS[writer](iter(prepared), path)
        seconds = time.perf_counter() - started
        size = path.stat().st_size / 1e6
    peak_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "peak": (peak_kilobytes - start_kilobytes) / 1024, "size": size}


def measure_apart(writer: str, rows: int) -> dict[str, float]:
    """Measure in a new process."""
    command = [sys.executable, "-m", "benchmarks.bench_workbook", "--only", writer]
    done = subprocess.run(
        [*command, "--rows", str(rows)], check=True, capture_output=True, text=True
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure each writer in turn, several times, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--only", choices=WRITERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        sys.stdout.write(json.dumps(measure(options.only, options.rows)))
        return
    runs: dict[str, list[dict[str, float]]] = {writer: [] for writer in WRITERS}
    for _ in range(options.repeat):
        for writer, results in runs.items():
            results.append(measure_apart(writer, options.rows))
    table = {
        writer: {name: statistics.median(run[name] for run in results) for name in results[0]}
        for writer, results in runs.items()
    }
    machine = (
        f"Python {platform.python_version()}, zlib {zlib.ZLIB_RUNTIME_VERSION}, "
        f"{platform.machine()}, {os.cpu_count()} cores"
    )
    report = [f"{options.rows:,} rows of {len(COLUMNS)} columns; {machine}", ""]
    report.append(f"{'writer':<22}{'seconds':>9}{'times faster':>14}{'peak MB':>9}{'file MB':>9}")
    slowest = table["openpyxl normal"]["seconds"]
    for writer, result in table.items():
        ratio = slowest / result["seconds"]
        report.append(
            f"{writer:<22}{result['seconds']:>9.2f}{ratio:>14.1f}"
            f"{result['peak']:>9.0f}{result['size']:>9.2f}"
        )
    sys.stdout.write("\n".join(report) + "\n")
    if options.json:
        facts = {"rows": options.rows, "machine": machine, "writers": table}
        options.json.write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
