from dataclasses import replace
from datetime import date

from accounting.tests.workbooks.samples import (
    CREDIT_MEMO,
    DESKTOP_SETTINGS,
    INVOICE,
    ONLINE_SETTINGS,
    read_back,
)
from accounting.workbooks.credit_memos import rows

HEAD = [
    "CM-3",
    "Doe, Jane (2)",
    date(2026, 2, 10),
    "Credit for invoice 001042. Job 77",
    "12 Elm St",
    "Springfield",
    "IL",
    "01234",
]


def test_online_rows_restate_the_invoice() -> None:
    tail = ["Thank you!", "Plumbing South", "jane@example.com"]
    assert read_back(6, rows(CREDIT_MEMO, ONLINE_SETTINGS), ONLINE_SETTINGS)[1:] == [
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
            *tail,
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
            *tail,
        ],
    ]


def test_desktop_rows_restate_the_invoice() -> None:
    assert read_back(6, rows(CREDIT_MEMO, DESKTOP_SETTINGS), DESKTOP_SETTINGS)[1:] == [
        [
            *HEAD,
            "Plumbing:Repair",
            "Replace valve",
            1.5,
            80,
            120,
            "Plumbing",
            "jane@example.com",
            "Tax",
            "IL Sales Tax",
            "Tax",
        ],
        [
            *HEAD,
            "Marketing Coupons",
            "SAVE20",
            1,
            -20.01,
            -20.01,
            "Marketing",
            "jane@example.com",
            "Non",
            "IL Sales Tax",
            "Tax",
        ],
    ]


def test_credit_memo_of_an_invoice_without_lines_is_not_lost() -> None:
    record = replace(CREDIT_MEMO, invoice=replace(INVOICE, lines=(), memo=""))
    assert [row[:4] for row in rows(record, ONLINE_SETTINGS)] == [
        ("CM-3", "Doe, Jane (2)", CREDIT_MEMO.date, "Credit for invoice 001042.")
    ]
