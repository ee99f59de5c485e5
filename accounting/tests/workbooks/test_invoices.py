from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from accounting.records.documents import BatchSettings
from accounting.tests.workbooks.samples import (
    COUPON,
    DESKTOP_SETTINGS,
    INVOICE,
    ONLINE_SETTINGS,
    PARTY,
    REPAIR,
    read_back,
    sheet_of,
)
from accounting.workbooks.invoices import explains_amount, rows
from accounting.workbooks.layouts import layout

HEAD = [
    "001042",
    "Doe, Jane (2)",
    date(2026, 1, 31),
    date(2026, 3, 2),
    "Net 30",
    "12 Elm St",
    "Apt 4",
    "Springfield",
    "IL",
    "01234",
    "USA",
    "99 Oak Ave",
    None,
    "Shelbyville",
    "IL",
    "00501",
    "USA",
    "Job 77",
    "Thank you!",
    "jane@example.com",
]


def test_online_rows() -> None:
    assert read_back(1, rows(INVOICE, ONLINE_SETTINGS), ONLINE_SETTINGS)[1:] == [
        [
            *HEAD,
            "IL Sales Tax",
            7.5,
            date(2026, 1, 30),
            "Plumbing:Repair",
            "Replace valve",
            1.5,
            80,
            120,
            "TRUE",
            "Plumbing",
            "Plumbing South",
        ],
        [
            *HEAD,
            "IL Sales Tax",
            7.5,
            None,
            "Marketing Coupons",
            "SAVE20",
            1,
            -20.01,
            -20.01,
            "FALSE",
            "Marketing",
            "Plumbing South",
        ],
    ]


def test_desktop_rows() -> None:
    assert read_back(1, rows(INVOICE, DESKTOP_SETTINGS), DESKTOP_SETTINGS)[1:] == [
        [
            *HEAD,
            None,
            "Plumbing:Repair",
            "Replace valve",
            1.5,
            80,
            120,
            date(2026, 1, 30),
            "Plumbing",
            "Tax",
            "IL Sales Tax",
            "Tax",
            "Accounts Receivable",
        ],
        [
            *HEAD,
            None,
            "Marketing Coupons",
            "SAVE20",
            1,
            -20.01,
            -20.01,
            None,
            "Marketing",
            "Non",
            "IL Sales Tax",
            "Tax",
            "Accounts Receivable",
        ],
    ]


@pytest.mark.parametrize("batch_settings", [ONLINE_SETTINGS, DESKTOP_SETTINGS])
def test_update_restates_the_invoice_and_leaves_the_internal_id_blank(
    batch_settings: BatchSettings,
) -> None:
    updates = list(rows(INVOICE, batch_settings, file_number=2))
    assert updates == [(*row, None) for row in rows(INVOICE, batch_settings)]


def test_cells_have_the_types_and_formats_of_the_importer() -> None:
    sheet = sheet_of(layout(1, "online"), rows(INVOICE, ONLINE_SETTINGS))
    by_header = {header.value: cell for header, cell in zip(sheet[1], sheet[2], strict=True)}
    assert {
        header: (cell.data_type, cell.number_format)
        for header, cell in by_header.items()
        if cell.value is not None
    } == {
        **{header: ("s", "@") for header, cell in by_header.items() if isinstance(cell.value, str)},
        "Invoice Date": ("d", "mm/dd/yyyy"),
        "Due Date": ("d", "mm/dd/yyyy"),
        "Service Date": ("d", "mm/dd/yyyy"),
        "Sales Tax Amount": ("n", "0.00"),
        "Product/Service Quantity": ("n", "General"),
        "Product/Service Rate": ("n", "0.00####"),
        "Product/Service Amount": ("n", "0.00"),
    }


def test_untaxed_desktop_invoice_has_the_default_tax_item() -> None:
    record = replace(INVOICE, tax_name="", tax_cents=0, lines=(COUPON, COUPON))
    row = read_back(1, rows(record, DESKTOP_SETTINGS), DESKTOP_SETTINGS)[1]
    assert row[20] == "Marketing"
    assert row[-4:] == ["Non", "Out of State", "Non", "Accounts Receivable"]


def test_untaxed_online_invoice_says_zero_tax() -> None:
    record = replace(INVOICE, tax_name="", tax_cents=0)
    assert read_back(1, rows(record, ONLINE_SETTINGS), ONLINE_SETTINGS)[1][20:22] == [None, 0]


def test_customer_without_service_address_has_no_shipping_address() -> None:
    record = replace(INVOICE, party=replace(PARTY, shipping=None))
    assert read_back(1, rows(record, ONLINE_SETTINGS), ONLINE_SETTINGS)[1][11:17] == [None] * 6


def test_line_that_quantity_and_rate_do_not_give_has_only_its_amount() -> None:
    line = replace(REPAIR, quantity=Decimal(3), rate=Decimal("33.33"), amount_cents=10000)
    row = next(rows(replace(INVOICE, lines=(line,)), ONLINE_SETTINGS))
    assert row[25:28] == (None, None, 10000)


@pytest.mark.parametrize(
    ("quantity", "rate", "amount_cents", "expected"),
    [
        ("1", "0.005", 1, True),
        ("1", "0.004999", 0, True),
        ("1", "-0.005", -1, True),
        ("3", "33.333333", 10000, True),
        ("3", "33.33", 10000, False),
        ("1.0000000", "5", 500, True),
        ("1.0000001", "5", 500, False),
        ("1", "5.00000000000000000000000000000000001", 500, False),
        ("NaN", "5", 500, False),
        ("1", "Infinity", 500, False),
        ("1E5", "1", 10_000_000, True),
        ("1E12", "1E12", 1, False),
        ("999999999.999999", "999999999.999999", 1, False),
        ("0", "5", 0, True),
    ],
)
def test_quantity_and_rate_are_written_only_if_they_give_the_amount(
    quantity: str, rate: str, amount_cents: int, expected: bool
) -> None:
    line = replace(
        REPAIR, quantity=Decimal(quantity), rate=Decimal(rate), amount_cents=amount_cents
    )
    assert explains_amount(line) is expected


def test_memo_message_description_and_address_are_cut_at_the_limit() -> None:
    record = replace(
        INVOICE,
        memo="m" * 40_000,
        message="s" * 1_001,
        party=replace(PARTY, billing=replace(PARTY.billing, line1="a" * 501, state="b" * 256)),
        lines=(replace(REPAIR, description="d" * 4_001),),
    )
    row = next(rows(record, ONLINE_SETTINGS))
    assert row[17] == "m" * 4_000
    assert row[18] == "s" * 1_000
    assert row[5] == "a" * 500
    assert row[8] == "b" * 255
    assert row[24] == "d" * 4_000


def test_invoice_without_lines_is_one_row_of_zero() -> None:
    record = replace(INVOICE, lines=(), subtotal_cents=0, tax_cents=0, total_cents=0)
    online = read_back(1, rows(record, ONLINE_SETTINGS), ONLINE_SETTINGS)[1:]
    assert online == [
        [*HEAD, "IL Sales Tax", 0, None, None, None, None, None, 0, "FALSE", None, "Plumbing South"]
    ]


def test_invoice_without_due_date() -> None:
    record = replace(INVOICE, due_date=None, date=date(2026, 12, 31))
    assert next(rows(record, ONLINE_SETTINGS))[2:4] == (date(2026, 12, 31), None)
