"""The rows of every file of a batch, read back from its zip (domain.md §6)."""

import datetime
import hashlib
import io
import zipfile

import openpyxl
import pytest

from accounting.tests.factories import make_batch
from accounting.tests.golden import make_golden
from accounting.tests.readings import workbook_rows, zip_of
from accounting.tests.scenes import make_every_kind
from accounting.zips.downloads import file_rows
from invoices.services.accounting_keys import change_accounting_key
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import Company
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

NAMES = [
    "1 Invoice Inserts.xlsx",
    "2 Invoice Updates.xlsx",
    "3 Payment Inserts.xlsx",
    "4 Payment Updates.xlsx",
    "5 Journal Inserts.xlsx",
    "6 Credit Memos.xlsx",
    "7 Warnings.xlsx",
    "SaasAnt settings.txt",
]


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def day(number: int, month: int = 11) -> datetime.datetime:
    """Return a day as openpyxl reads a date."""
    return datetime.datetime(2026, month, number)  # noqa: DTZ001


ADDRESSES = {
    "Billing Address Line 1": "1 Elm St",
    "Billing Address City": "Austin",
    "Billing Address State": "TX",
    "Billing Address Postal Code": "78701",
    "Billing Address Country": "US",
    "Shipping Address Line 1": "9 Oak Ave",
    "Shipping Address Line 2": "Rear",
    "Shipping Address City": "Waco",
    "Shipping Address State": "TX",
    "Shipping Address Postal Code": "06701",
    "Shipping Address Country": "US",
}
REPAIR = {
    "Service Date": day(1),
    "Product/Service": "Repair",
    "Product/Service Description": "Capacitor",
    "Product/Service Taxable": "TRUE",
    "Product/Service Class": "HVAC",
}


def test_golden_rows_of_every_file(origin: Origin) -> None:
    golden = make_golden(origin)
    head = {
        "Invoice No": "10023",
        "Customer": "Jane Doe",
        "Invoice Date": day(2),
        "Due Date": day(2, 12),
        "Terms": "Net 30",
        **ADDRESSES,
        "Memo": "Left at the door",
        "Message displayed on invoice": "Thank you",
        "Email": "jane@example.com",
        "Sales Tax Code": "Austin",
        "Sales Tax Amount": 12.38,
        "Location": "HVAC",
    }
    assert golden.rows(1) == [
        {
            **head,
            **REPAIR,
            "Product/Service Quantity": 1.5,
            "Product/Service Rate": 100,
            "Product/Service Amount": 150,
        },
        {
            **head,
            "Product/Service": "Marketing Coupons",
            "Product/Service Description": "SAVE20",
            "Product/Service Quantity": 1,
            "Product/Service Rate": -20.01,
            "Product/Service Amount": -20.01,
            "Product/Service Taxable": "FALSE",
            "Product/Service Class": "Marketing",
        },
    ]
    assert golden.rows(2) == [
        {
            "Invoice No": "00101",
            "Customer": "Jane Doe",
            "Invoice Date": day(2),
            "Due Date": day(2, 12),
            "Terms": "Net 30",
            **ADDRESSES,
            "Message displayed on invoice": "Thank you",
            "Email": "jane@example.com",
            "Sales Tax Amount": 0,
            **REPAIR,
            "Product/Service Quantity": 1,
            "Product/Service Rate": 160,
            "Product/Service Amount": 160,
        }
    ]
    split = {
        "Ref No": "P-900",
        "Payment Date": day(3),
        "Customer": "Jane Doe",
        "Payment method": "Check",
        "Deposit To Account Name": "Bank:Checking",
        "Reference No": "0042",
        "Memo": "Gross 120.00 less refund R-1 5.00. Thanks",
    }
    card = {
        "Payment Date": day(3),
        "Customer": "Jane Doe",
        "Payment method": "Card",
        "Reference No": "4242",
    }
    assert golden.rows(3) == [
        {**split, "Invoice No": "10023", "Amount": 100},
        {**split, "Amount": 15},
        {**card, "Ref No": "P-901", "Amount": 19.99},
    ]
    assert golden.rows(4) == [{**card, "Ref No": "P-101", "Invoice No": "00101", "Amount": 160}]
    memo = "Refund of payment P-100. goodwill"
    entry = {
        "Journal No": "R-12",
        "Journal Date": day(5),
        "Memo": memo,
        "Description": memo,
        "Location": "HVAC",
        "Class": "Heating",
        "Is Adjustment": "FALSE",
    }
    assert golden.rows(5) == [
        {**entry, "Account": "Accounts Receivable (A/R)", "Amount": 50, "Name": "Jane Doe"},
        {**entry, "Account": "Petty Cash", "Amount": -50},
    ]
    assert golden.rows(6) == [
        {
            "Credit Memo No": "CM-7",
            "Customer": "Jane Doe",
            "Credit Memo Date": day(10),
            "Memo": "Credit for invoice 00100. Old one",
            "Billing Address Line 1": "1 Elm St",
            "Billing Address City": "Austin",
            "Billing Address State": "TX",
            "Billing Address Postal Code": "78701",
            "Sales Tax Amount": 0,
            **REPAIR,
            "Product/Service Quantity": 1,
            "Product/Service Rate": 150,
            "Product/Service Amount": 150,
            "Message displayed on credit memo": "Thank you",
            "Location": "HVAC",
            "Email": "jane@example.com",
        }
    ]
    assert golden.rows(7) == [
        {
            "Severity": "Warning",
            "File": "3 Payment Inserts",
            "Document No": "P-901",
            "Customer": "Jane Doe",
            "Date": day(3),
            "Amount": 19.99,
            "Check": "16",
            "Problem": (
                "The payment is for imported job J-9; it goes out without an invoice number."
            ),
            "What to do in QuickBooks": (
                "In QuickBooks, apply the payment by hand to the imported job's invoice."
            ),
        }
    ]


def test_the_files_are_counted_to_the_cent(origin: Origin) -> None:
    golden = make_golden(origin)
    counted = [
        (file.name, file.document_count, file.row_count, file.total_cents)
        for file in golden.batch.files.all()
    ]
    assert counted == [
        ("1 Invoice Inserts.xlsx", 1, 2, 14237),
        ("2 Invoice Updates.xlsx", 1, 1, 16000),
        ("3 Payment Inserts.xlsx", 2, 3, 13499),
        ("4 Payment Updates.xlsx", 1, 1, 16000),
        ("5 Journal Inserts.xlsx", 1, 2, 5000),
        ("6 Credit Memos.xlsx", 1, 1, 15000),
        ("7 Warnings.xlsx", 1, 1, 0),
    ]
    assert (golden.batch.document_count, golden.batch.total_cents) == (7, 79736)
    debits = [row["Amount"] for row in golden.rows(5)]
    assert sum(debits) == 0


def test_all_seven_files_and_the_card_are_in_the_zip_in_load_order(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    batch = make_batch(origin=origin)
    zipped = zip_of(batch)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.namelist() == NAMES
        assert archive.testzip() is None
        for file in batch.files.all():
            content = archive.read(file.name)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
            sheet = openpyxl.load_workbook(io.BytesIO(content)).active
            assert sheet is not None
            assert (sheet.max_row, file.row_count) == (file.row_count + 1, file.row_count)
    assert (len(zipped), hashlib.sha256(zipped).hexdigest()) == (batch.size, batch.sha256)
    assert [workbook_rows(zipped, number) for number in range(2, 8)] == [[]] * 6


def test_desktop_batches_have_the_columns_of_desktop(origin: Origin) -> None:
    Company.objects.update(profile="desktop", default_tax_item="Out of State")
    payment = make_payment("P-1", origin=origin)
    make_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    make_invoice("7", origin=origin)
    zipped = zip_of(make_batch(origin=origin))
    (row,) = workbook_rows(zipped, 1)
    assert (row["Sales Tax"], row["Product/Service Sales Tax"], row["AR Account"]) == (
        "Out of State",
        "Tax",
        "Accounts Receivable (A/R)",
    )
    debit, credit = workbook_rows(zipped, 5)
    assert (debit["Debit"], credit["Credit"]) == (1, 1)
    assert ("Credit" in debit, "Debit" in credit) == (False, False)


def test_a_batch_keeps_the_key_that_it_was_claimed_with(origin: Origin) -> None:
    customer = make_customer(origin=origin)
    make_invoice("7", customer=customer, origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    change_accounting_key(customer=customer, accounting_key="Doe, Jane", reason="x", origin=origin)
    Company.objects.update(profile="desktop", ar_account="Other")
    built = file_rows(batch, 1).rows
    headers = [column.header for column in file_rows(batch, 1).columns]
    assert built[0][headers.index("Customer")] == "Jane Doe"
    assert "Location" in headers


def test_rows_are_paged_by_document(origin: Origin) -> None:
    make_every_kind(origin, count=3)
    batch = make_batch(is_built=False, origin=origin)
    assert (len(file_rows(batch, 1).rows), file_rows(batch, 1).document_count) == (6, 3)
    page = file_rows(batch, 1, offset=1, limit=1)
    assert [row[0] for row in page.rows] == ["new-1", "new-1"]
    assert file_rows(batch, 1, offset=3).rows == []
    assert [row[0] for row in file_rows(batch, 5, offset=2, limit=9).rows] == ["R-2", "R-2"]
    assert [row[0] for row in file_rows(batch, 3, offset=0, limit=2).rows] == ["new-0", "new-1"]
    assert file_rows(batch, 7).rows == []
