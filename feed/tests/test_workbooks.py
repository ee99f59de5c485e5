"""The records of the feed from a workbook: one sheet per type (feed.md)."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from openpyxl import Workbook

from feed.chunks import FeedReport
from feed.parsing import Problem
from feed.tests.feeding import BASE, as_lines, feed, invoice, payment
from feed.workbooks import MOST_BYTES, import_workbook
from invoices.models import Customer, Invoice, InvoiceLine
from invoices.tests.factories import make_origin
from payments.models import Allocation, Payment
from sera_batching.exceptions import NotAllowed
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

Sheets = dict[str, list[list[Any]]]

PARTIES: Sheets = {
    "department": [["name", "timezone"], ["HVAC", "America/Chicago"]],
    "customer": [
        ["number", "name", "billing_address.city", "billing_address.postal_code", "tax_exempt"],
        ["C-1001", "Zoë D'Angelo", "Austin", 78701, False],
    ],
    "job": [["number", "customer", "department"], ["J-55", "C-1001", "HVAC"]],
}
INVOICES: Sheets = {
    "invoice": [
        [
            *("number", "customer", "job", "status", "date", "due_date", "memo"),
            *("tax.code", "tax.rate", "tax.amount"),
        ],
        [
            *(10023, "C-1001", "J-55", "finalized", datetime(2026, 11, 2), "2026-12-02"),  # noqa: DTZ001
            *("a\nb", "Austin", 8.25, 12.38),
        ],
        ["10024", "C-1001", None, "pending", date(2026, 11, 2), date(2026, 12, 2)],
    ],
    "invoice_lines": [
        ["invoice", "item", "quantity", "rate", "amount", "taxable"],
        ["10024", "Repair", 1, 19.99, 19.99, True],
        [10023, "Repair", 1.5, 100, 150.0, True],
        ["10024", "Coupon", 1, -5, "-5.00", False],
    ],
}
PAYMENTS: Sheets = {
    "payment": [
        ["number", "customer", "date", "method", "amount", "settled", "reference"],
        ["P-900", "C-1001", "2026-11-03", "card", 200, True, 4242],
        ["P-901", "C-1001", "2026-11-03", "cash", "7.00", True],
    ],
    "allocations": [["payment", "invoice", "amount"], ["P-900", 10023, 162.38]],
}
EVERYTHING: Sheets = {**PAYMENTS, **INVOICES, **PARTIES}


def workbook(sheets: Sheets) -> io.BytesIO:
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def load(
    file: io.BytesIO, origin: Origin | None = None, **options: Any
) -> tuple[FeedReport, list[str]]:
    problems: list[Problem] = []
    report = import_workbook(
        file,
        source="march.xlsx",
        origin=origin or make_origin(),
        on_problem=problems.append,
        **options,
    )
    return report, [str(problem) for problem in problems]


def test_everything_is_read_in_the_order_of_the_references() -> None:
    report, problems = load(workbook(EVERYTHING))
    assert (report, problems) == (FeedReport(created=7), [])
    assert Customer.objects.get().billing_postal_code == "78701"
    frozen = Invoice.objects.get(number="10023").current_revision
    assert frozen is not None
    assert (frozen.total_cents, frozen.memo, frozen.source) == (
        16238,
        "a\nb",
        "march.xlsx sheet invoice:2",
    )
    assert (frozen.date.isoformat(), frozen.due_date.isoformat()) == ("2026-11-02", "2026-12-02")
    assert InvoiceLine.objects.get().amount_cents == 15000
    assert Invoice.objects.get(number="10024").draft.total_cents == 1499
    assert list(Allocation.objects.values_list("invoice__number", "amount_cents")) == [
        ("10023", 16238)
    ]
    deposit = Payment.objects.get(number="P-901").current_revision
    assert deposit is not None
    assert (deposit.amount_cents, deposit.allocations.count()) == (700, 0)


def test_the_same_workbook_again_changes_nothing() -> None:
    origin = make_origin()
    load(workbook(EVERYTHING), origin)
    with unchanging():
        assert load(workbook(EVERYTHING), origin) == (FeedReport(unchanged=7), [])


def test_the_same_record_from_a_feed_is_unchanged() -> None:
    feed(*BASE)
    columns = ["number", "customer", "date", "method", "amount", "settled", "reference"]
    row = ["P-900", "C-1001", "2026-11-03", "card", 1, True, 4242]
    load(workbook({"payment": [columns, row]}))
    same = payment(amount="1.00", allocations=[], job=None)
    assert feed(same).counts == (0, 0, 1, 0)


def test_a_bad_row_is_named_by_sheet_and_row() -> None:
    sheets: Sheets = {
        **EVERYTHING,
        "invoice_lines": [
            ["invoice", "item", "quantity", "rate", "amount", "taxable"],
            [10023, "Repair", 1.5, 100, 150.001, True],
            ["99", "Repair", 1, 1, 1, True],
            [None, "Repair", 1, 1, 1, True],
        ],
    }
    report, problems = load(workbook(sheets))
    assert (report.created, report.refused) == (4, 5)
    assert problems == [
        'march.xlsx sheet invoice:2: lines[0].amount: "150.001" has more than two decimals',
        "march.xlsx sheet invoice:3: lines: is empty; send at least one line",
        "march.xlsx sheet invoice_lines:3: invoice: there is no “99” on sheet invoice",
        "march.xlsx sheet invoice_lines:4: invoice: is missing",
        (
            "march.xlsx sheet payment:2: allocations[0].invoice: "
            "there is no invoice “10023”; send it on an earlier line, or correct this"
        ),
    ]


def test_a_document_is_not_imported_without_a_part_that_is_wrong() -> None:
    sheets: Sheets = {
        **EVERYTHING,
        "allocations": [["payment", "invoice", "amount"], ["P-900", 10023, "#N/A"]],
        "invoice_lines": [*INVOICES["invoice_lines"], [10023, "X", 1, 1, 1, True, "stray"]],
    }
    report, problems = load(workbook(sheets))
    assert (report.created, report.refused) == (5, 2)
    assert problems == [
        (
            "march.xlsx sheet invoice:2: lines: row 5 of sheet invoice_lines: "
            "column 7: has no name in row 1"
        ),
        (
            "march.xlsx sheet payment:2: allocations: row 2 of sheet allocations: amount: "
            "contains the error #N/A; correct the cell"
        ),
    ]


def test_atomic_refuses_the_whole_workbook() -> None:
    origin = make_origin()
    sheets: Sheets = {
        **EVERYTHING,
        "allocations": [["payment", "invoice", "amount"], ["P-9", "1", 1]],
    }
    with unchanging():
        report, problems = load(workbook(sheets), origin, atomic=True)
    assert report == FeedReport(refused=1)
    assert problems == [
        "march.xlsx sheet allocations:2: payment: there is no “P-9” on sheet payment"
    ]


def test_a_dry_run_writes_nothing() -> None:
    origin = make_origin()
    with unchanging():
        assert load(workbook(EVERYTHING), origin, dry_run=True) == (FeedReport(created=7), [])


@pytest.mark.parametrize(
    ("sheets", "message"),
    [
        (
            {"estimates": [["number"]]},
            (
                "Sheet “estimates” is not known; known are: department, customer, job, invoice, "
                "invoice_action, payment, payment_action, refund, credit_memo, batched_before, "
                "invoice_lines, allocations."
            ),
        ),
        (
            {"job": [["number", "number"], ["1", "2"]]},
            "Row 1 of sheet job names a field twice.",
        ),
    ],
)
def test_a_workbook_of_another_form_is_refused(sheets: Sheets, message: str) -> None:
    origin = make_origin()
    with refused(message):
        load(workbook(sheets), origin)


def test_cells_that_are_no_fields_are_refused() -> None:
    sheets: Sheets = {
        "department": [
            ["name", "timezone", "colour", "terms", "terms.days"],
            ["HVAC", "America/Chicago", "red"],
            ["Plumbing", "America/Chicago", None, "Net 30", 30],
            ["Electrical", "America/Chicago", None, None, None, "x"],
            [],
            ["Drains", "America/Chicago"],
        ]
    }
    report, problems = load(workbook(sheets))
    assert (report.created, report.refused) == (1, 3)
    assert problems == [
        (
            "march.xlsx sheet department:2: colour: is not a known field; known are: name, "
            "timezone, default_item, default_class, terms, archived"
        ),
        (
            "march.xlsx sheet department:3: terms.days: conflicts with column terms; use "
            "only one of them"
        ),
        "march.xlsx sheet department:4: column 6: has no name in row 1",
    ]


@pytest.mark.parametrize("content", [b"", b"number,name\n", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_workbook_is_refused(content: bytes) -> None:
    origin = make_origin()
    with refused("This isn't a workbook; save it as .xlsx."):
        load(io.BytesIO(content), origin)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "Hello")
    origin = make_origin()
    with refused("This workbook can't be read; save it again as .xlsx."):
        load(file, origin)


def test_a_zip_bomb_is_refused_unread() -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as member,
    ):
        for _ in range(MOST_BYTES // 1_000_000 + 1):
            member.write(b"0" * 1_000_000)
    assert len(file.getvalue()) < 200_000
    origin = make_origin()
    with refused(
        "The workbook unpacks to 101,000,000 bytes; the limit is 100,000,000. Send JSON "
        "Lines, or several workbooks."
    ):
        load(file, origin)


def test_importing_needs_its_permission() -> None:
    origin = make_origin("Accountant")
    message = (
        f"{origin.user} isn't allowed to do this (it requires accounting.import_feed). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        load(workbook(EVERYTHING), origin)


def test_an_invoice_by_feed_and_by_workbook_is_one_record() -> None:
    feed(*BASE, invoice(job=None, department=None, tax=None, terms="", message=""))
    columns = ["number", "customer", "status", "date", "due_date"]
    line = ["invoice", "item", "description", "quantity", "rate", "amount", "taxable", "class"]
    sheets: Sheets = {
        "invoice": [columns, [10023, "C-1001", "finalized", "2026-11-02", "2026-12-02"]],
        "invoice_lines": [
            [*line, "service_date"],
            [10023, "Repair", "Capacitor", 1.5, 100, 150, True, "HVAC", "2026-11-01"],
        ],
    }
    assert load(workbook(sheets)) == (FeedReport(unchanged=1), [])


def test_the_command_reads_workbooks_beside_feeds(tmp_path: Path) -> None:
    feed_path, book_path = tmp_path / "parties.jsonl", tmp_path / "March.XLSX"
    feed_path.write_bytes(as_lines(*BASE))
    book_path.write_bytes(workbook(INVOICES).getvalue())
    out = io.StringIO()
    call_command("import_feed", str(feed_path), str(book_path), stdout=out)
    assert out.getvalue() == "5 created, 0 changed, 0 unchanged, 0 refused\n"
    frozen = Invoice.objects.get(number="10023").current_revision
    assert frozen is not None
    assert frozen.source == f"{book_path} sheet invoice:2"
