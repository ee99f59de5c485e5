from dataclasses import replace
from datetime import date

from accounting.records.documents import WarningRecord
from accounting.tests.workbooks.samples import ONLINE_SETTINGS, read_back
from accounting.workbooks.warnings import rows

WARNING = WarningRecord(
    severity="warn",
    file_name="3 Payment Inserts.xlsx",
    document_number="P-0007",
    customer="Doe, Jane (2)",
    date=date(2026, 2, 1),
    amount_cents=4251,
    check="16",
    problem="The payment is on an imported job.",
    remedy="Apply it by hand.",
)


def test_warning_is_one_row() -> None:
    blocked = replace(WARNING, severity="block", date=None, amount_cents=None)
    written = [*rows(WARNING, ONLINE_SETTINGS), *rows(blocked, ONLINE_SETTINGS)]
    head = ["3 Payment Inserts.xlsx", "P-0007", "Doe, Jane (2)"]
    tail = ["16", "The payment is on an imported job.", "Apply it by hand."]
    assert read_back(7, written, ONLINE_SETTINGS)[1:] == [
        ["Warning", *head, date(2026, 2, 1), 42.51, *tail],
        ["Left out", *head, None, None, *tail],
    ]
