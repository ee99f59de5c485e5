import pytest

from accounting.records.limits import LIMITS, Limits, cut
from accounting.workbooks.layouts import (
    FILES,
    LAYOUT_VERSION,
    layout,
    part_name,
    row_maker,
    saasant_settings,
)

HEAD = [
    "Invoice No",
    "Customer",
    "Invoice Date",
    "Due Date",
    "Terms",
    "Billing Address Line 1",
    "Billing Address Line 2",
    "Billing Address City",
    "Billing Address State",
    "Billing Address Postal Code",
    "Billing Address Country",
    "Shipping Address Line 1",
    "Shipping Address Line 2",
    "Shipping Address City",
    "Shipping Address State",
    "Shipping Address Postal Code",
    "Shipping Address Country",
    "Memo",
]
ONLINE_INVOICE = [
    *HEAD,
    "Message displayed on invoice",
    "Email",
    "Sales Tax Code",
    "Sales Tax Amount",
    "Service Date",
    "Product/Service",
    "Product/Service Description",
    "Product/Service Quantity",
    "Product/Service Rate",
    "Product/Service Amount",
    "Product/Service Taxable",
    "Product/Service Class",
    "Location",
]
DESKTOP_INVOICE = [
    *HEAD,
    "Customer Message",
    "Email",
    "Class",
    "Product/Service",
    "Product/Service Description",
    "Product/Service Quantity",
    "Product/Service Rate",
    "Product/Service Amount",
    "Product/Service Service Date",
    "Product/Service Class",
    "Product/Service Sales Tax",
    "Sales Tax",
    "Customer Sales Tax Code",
    "AR Account",
]
PAYMENT = [
    "Ref No",
    "Payment Date",
    "Customer",
    "Payment method",
    "Deposit To Account Name",
    "Invoice No",
    "Journal No",
    "Amount",
    "Reference No",
    "Memo",
]
ONLINE_JOURNAL = [
    "Journal No",
    "Journal Date",
    "Memo",
    "Account",
    "Amount",
    "Description",
    "Name",
    "Location",
    "Class",
    "Is Adjustment",
]
DESKTOP_JOURNAL = [
    "Journal No",
    "Journal Date",
    "Memo",
    "Account",
    "Debit",
    "Credit",
    "Description",
    "Name",
    "Class",
]
ONLINE_CREDIT_MEMO = [
    "Credit Memo No",
    "Customer",
    "Credit Memo Date",
    "Memo",
    "Billing Address Line 1",
    "Billing Address City",
    "Billing Address State",
    "Billing Address Postal Code",
    "Sales Tax Code",
    "Sales Tax Amount",
    "Service Date",
    "Product/Service",
    "Product/Service Description",
    "Product/Service Quantity",
    "Product/Service Rate",
    "Product/Service Amount",
    "Product/Service Taxable",
    "Product/Service Class",
    "Message displayed on credit memo",
    "Location",
    "Email",
]
DESKTOP_CREDIT_MEMO = [
    "Credit Memo No",
    "Customer",
    "Credit Memo Date",
    "Memo",
    "Billing Address Line 1",
    "Billing Address City",
    "Billing Address State",
    "Billing Address Postal Code",
    "Product/Service",
    "Product/Service Description",
    "Product/Service Quantity",
    "Product/Service Rate",
    "Product/Service Amount",
    "Product/Service Class",
    "Email",
    "Product/Service Sales Tax",
    "Sales Tax",
    "Customer Sales Tax Code",
]
WARNINGS = [
    "Severity",
    "File",
    "Document No",
    "Customer",
    "Date",
    "Amount",
    "Check",
    "Problem",
    "What to do in QuickBooks",
]


@pytest.mark.parametrize(
    ("file_number", "profile", "headers"),
    [
        (1, "online", ONLINE_INVOICE),
        (1, "desktop", DESKTOP_INVOICE),
        (2, "online", [*ONLINE_INVOICE, "QbId"]),
        (2, "desktop", [*DESKTOP_INVOICE, "QuickBooks Internal Id"]),
        (3, "online", PAYMENT),
        (3, "desktop", PAYMENT),
        (4, "online", [*PAYMENT, "QbId"]),
        (4, "desktop", [*PAYMENT, "QuickBooks Internal Id"]),
        (5, "online", ONLINE_JOURNAL),
        (5, "desktop", DESKTOP_JOURNAL),
        (6, "online", ONLINE_CREDIT_MEMO),
        (6, "desktop", DESKTOP_CREDIT_MEMO),
        (7, "online", WARNINGS),
        (7, "desktop", WARNINGS),
    ],
)
def test_headers_are_those_of_the_importer(
    file_number: int, profile: str, headers: list[str]
) -> None:
    assert [column.header for column in layout(file_number, profile)] == headers


def test_files_are_named_and_numbered_in_load_order() -> None:
    assert [(file.number, file.kind, file.name) for file in FILES] == [
        (1, "invoice_insert", "1 Invoice Inserts.xlsx"),
        (2, "invoice_update", "2 Invoice Updates.xlsx"),
        (3, "payment_insert", "3 Payment Inserts.xlsx"),
        (4, "payment_update", "4 Payment Updates.xlsx"),
        (5, "journal", "5 Journal Inserts.xlsx"),
        (6, "credit_memo", "6 Credit Memos.xlsx"),
        (7, "warnings", "7 Warnings.xlsx"),
    ]
    assert part_name("1 Invoice Inserts", 2) == "1 Invoice Inserts (2).xlsx"


@pytest.mark.parametrize(
    ("file_number", "profile", "version", "message"),
    [
        (8, "online", 1, 'There is no layout 1 for file 8 in profile "online".'),
        (1, "xero", 1, 'There is no layout 1 for file 1 in profile "xero".'),
        (1, "online", 99, 'There is no layout 99 for file 1 in profile "online".'),
    ],
)
def test_unknown_layout_is_refused(
    file_number: int, profile: str, version: int, message: str
) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        layout(file_number, profile, version)
    assert str(refusal.value) == message


def test_row_maker_orders_values_by_the_layout() -> None:
    values = {column.source: column.source for column in layout(3, "online", LAYOUT_VERSION)}
    assert row_maker(3, "online")(values) == (
        "number",
        "date",
        "customer",
        "method",
        "deposit_account",
        "invoice_number",
        "journal_number",
        "amount",
        "reference",
        "memo",
    )


def test_limits() -> None:
    assert LIMITS["online"] == Limits(21, 21, 100, 100, 100, 31, 4000, 1000, 500, 255, 255, 31, 255)
    assert LIMITS["desktop"] == Limits(11, 20, 41, 31, 159, 31, 4095, None, 41, 31, 21, 13, 31)


def test_cut() -> None:
    assert cut("abcd", 4) == "abcd"
    assert cut("abcde", 4) == "abcd"
    assert cut("x" * 20_000, None) == "x" * 16_383


def test_settings_card() -> None:
    assert saasant_settings("desktop") == (
        "SaasAnt Transactions: settings for these files (QuickBooks Desktop)\n"
        "\n"
        "Assign reference numbers from file ... on\n"
        "Process each line individually ....... off\n"
        "Duplicates ........................... off\n"
        "Date format .......................... MM/DD/YYYY\n"
        "Find by .............................. reference number\n"
        "\n"
        "Files 1, 3, 5, 6: choose Ignore & show warning.\n"
        "Files 2 and 4: choose Replace.\n"
        "\n"
        "Load the files in numerical order, each with all its parts.\n"
        '"7 Warnings" is for reading, not for loading.\n'
        "A file that has only its header row is empty: skip it.\n"
    )
    assert "Files 2 and 4: choose Modify." in saasant_settings("online")
