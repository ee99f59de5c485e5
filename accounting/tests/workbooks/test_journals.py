from dataclasses import replace
from datetime import date

from accounting.tests.workbooks.samples import (
    DESKTOP_SETTINGS,
    ONLINE_SETTINGS,
    REFUND,
    read_back,
)
from accounting.workbooks.journals import Entry, entries, memo, rows

MEMO = "Refund of payment P-0007 for invoice 001042. Goodwill"
HEAD = ["R-15", date(2026, 2, 9), MEMO]


def test_online_rows_have_a_signed_amount() -> None:
    assert read_back(5, rows(REFUND, ONLINE_SETTINGS), ONLINE_SETTINGS)[1:] == [
        [
            *HEAD,
            "Accounts Receivable (A/R)",
            19.99,
            MEMO,
            "Doe, Jane (2)",
            "Plumbing South",
            "Plumbing",
            "FALSE",
        ],
        [
            *HEAD,
            "Merchant Clearing",
            -19.99,
            MEMO,
            None,
            "Plumbing South",
            "Plumbing",
            "FALSE",
        ],
    ]


def test_desktop_rows_have_debit_and_credit() -> None:
    assert read_back(5, rows(REFUND, DESKTOP_SETTINGS), DESKTOP_SETTINGS)[1:] == [
        [*HEAD, "Accounts Receivable", 19.99, None, MEMO, "Doe, Jane (2)", "Plumbing"],
        [*HEAD, "Merchant Clearing", None, 19.99, MEMO, None, "Plumbing"],
    ]


def test_credit_is_the_account_of_the_refunds_own_method() -> None:
    assert entries(replace(REFUND, method="cash"), ONLINE_SETTINGS) == (
        Entry("Accounts Receivable (A/R)", 1999, None, "Doe, Jane (2)"),
        Entry("Undeposited Funds", None, 1999),
    )


def test_memo_names_payment_and_invoices() -> None:
    assert memo(replace(REFUND, memo="", invoice_numbers=())) == "Refund of payment P-0007."
    assert (
        memo(replace(REFUND, memo="", invoice_numbers=("1", "2")))
        == "Refund of payment P-0007 for invoices 1, 2."
    )
