from dataclasses import replace
from datetime import date

import pytest

from accounting.records.documents import BatchSettings, PaymentRowRecord
from accounting.tests.workbooks.samples import (
    DESKTOP_SETTINGS,
    ONLINE_SETTINGS,
    PAYMENT,
    read_back,
)
from accounting.workbooks.payments import METHOD_NAMES, memo, rows

HEAD = ["P-0007", date(2026, 2, 1), "Doe, Jane (2)", "Check", "Checking:Deposits"]


@pytest.mark.parametrize("batch_settings", [ONLINE_SETTINGS, DESKTOP_SETTINGS])
def test_split_payment_is_one_row_an_invoice_with_one_number(batch_settings: BatchSettings) -> None:
    assert read_back(3, rows(PAYMENT, batch_settings), batch_settings)[1:] == [
        [*HEAD, "001042", None, 107.49, "000123", "Front desk"],
        [*HEAD, None, None, 42.51, "000123", "Front desk"],
    ]


@pytest.mark.parametrize("batch_settings", [ONLINE_SETTINGS, DESKTOP_SETTINGS])
def test_update_leaves_the_internal_id_blank(batch_settings: BatchSettings) -> None:
    updates = list(rows(PAYMENT, batch_settings, file_number=4))
    assert updates == [(*row, None) for row in rows(PAYMENT, batch_settings)]


def test_method_without_account_goes_to_the_default() -> None:
    assert next(rows(replace(PAYMENT, method="cash"), ONLINE_SETTINGS))[3:5] == ("Cash", "")
    settings = replace(ONLINE_SETTINGS, default_deposit_account="Petty Cash")
    assert next(rows(replace(PAYMENT, method="cash"), settings))[3:5] == ("Cash", "Petty Cash")


def test_every_method_has_a_name_within_the_limit() -> None:
    assert METHOD_NAMES == {
        "card": "Card",
        "ach": "ACH",
        "cash": "Cash",
        "check": "Check",
        "external": "External",
        "on_file": "On File",
    }


def test_memo_of_a_netted_payment_names_gross_and_refunds() -> None:
    one = replace(PAYMENT, netted=(("R-1", 1999),), rows=(PaymentRowRecord("001042", 13001),))
    assert memo(one) == "Gross 150.00 less refund R-1 19.99. Front desk"
    two = replace(PAYMENT, netted=(("R-1", 1999), ("R-2", 1)), memo="")
    assert memo(two) == "Gross 150.00 less refunds R-1 19.99, R-2 0.01."


def test_cutting_the_memo_keeps_the_netting() -> None:
    record = replace(PAYMENT, netted=(("R-1", 1999),), memo="m" * 40_000)
    written = next(rows(record, ONLINE_SETTINGS))[-1]
    assert len(written) == 4_000
    assert written.startswith("Gross 150.00 less refund R-1 19.99. mmm")
