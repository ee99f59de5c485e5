from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounting.checks import batches
from accounting.checks.table import (
    CHECKS,
    CheckResult,
    check_credit_memo,
    check_customer,
    check_invoice,
    check_journal,
    check_payment,
    check_refund,
    check_settings,
)
from accounting.records.documents import NO_PARTY, Party, PaymentRowRecord
from accounting.tests.workbooks.samples import (
    COUPON,
    CREDIT_MEMO,
    DESKTOP_SETTINGS,
    INVOICE,
    ONLINE_SETTINGS,
    PARTY,
    PAYMENT,
    REFUND,
    REPAIR,
)


def test_table_lists_the_checks_in_order() -> None:
    assert [(check.number, check.severity) for check in CHECKS] == [
        ("1", "block"),
        ("3", "block"),
        ("4", "block"),
        ("4", "block"),
        ("6", "block"),
        ("7", "block"),
        ("8", "warn"),
        ("9", "block"),
        ("9", "warn"),
        ("10", "block"),
        ("11", "block"),
        ("13", "block"),
        ("17", "block"),
        ("20", "warn"),
        ("cut", "warn"),
    ]


@pytest.mark.parametrize("profile", ["online", "desktop"])
def test_sound_documents_have_no_findings(profile: str) -> None:
    assert check_customer(PARTY, profile) == []
    assert check_invoice(replace(INVOICE, party=NO_PARTY), profile) == []
    assert check_payment(replace(PAYMENT, party=NO_PARTY), profile) == []
    assert check_refund(replace(REFUND, party=NO_PARTY), profile) == []
    assert check_credit_memo(CREDIT_MEMO, profile) == []
    settings = ONLINE_SETTINGS if profile == "online" else DESKTOP_SETTINGS
    assert check_journal(REFUND, settings) == []


SHORTER = "Use a shorter number. We don't shorten numbers: two could become the same."


def test_1_number_is_missing() -> None:
    assert check_invoice(replace(INVOICE, number=" "), "online") == [
        CheckResult("1", "block", "The invoice has no number.", "Give the invoice a number.")
    ]
    assert check_payment(replace(PAYMENT, number=""), "online") == [
        CheckResult("1", "block", "The payment has no number.", "Give the payment a number.")
    ]
    assert check_refund(replace(REFUND, number=""), "online") == [
        CheckResult("1", "block", "The refund has no number.", "Give the refund a number.")
    ]
    assert check_credit_memo(replace(CREDIT_MEMO, number=""), "online") == [
        CheckResult(
            "1", "block", "The credit memo has no number.", "Give the credit memo a number."
        )
    ]


@pytest.mark.parametrize(
    ("profile", "limit", "payment_limit", "name"),
    [("online", 21, 21, "QuickBooks Online"), ("desktop", 11, 20, "QuickBooks Desktop")],
)
def test_1_number_over_the_limit(profile: str, limit: int, payment_limit: int, name: str) -> None:
    longest, too_long = "9" * limit, "9" * (limit + 1)
    assert check_invoice(replace(INVOICE, number=longest), profile) == []
    assert check_payment(replace(PAYMENT, number="9" * payment_limit), profile) == []
    tail = f"number {too_long} has {limit + 1} characters; {name} allows {limit}."
    assert check_invoice(replace(INVOICE, number=too_long), profile) == [
        CheckResult("1", "block", f"The invoice {tail}", SHORTER)
    ]
    assert check_refund(replace(REFUND, number=too_long), profile) == [
        CheckResult("1", "block", f"The refund {tail}", SHORTER)
    ]
    assert check_credit_memo(replace(CREDIT_MEMO, number=too_long), profile) == [
        CheckResult("1", "block", f"The credit memo {tail}", SHORTER)
    ]
    number = "9" * (payment_limit + 1)
    assert check_payment(replace(PAYMENT, number=number), profile) == [
        CheckResult(
            "1",
            "block",
            f"The payment number {number} has {payment_limit + 1} characters; {name} allows "
            f"{payment_limit}.",
            SHORTER,
        )
    ]


@pytest.mark.parametrize(
    ("key", "problem", "remedy"),
    [
        (
            " ",
            "The customer has no accounting key.",
            "Give the customer an accounting key: the display name in QuickBooks.",
        ),
        (
            "Doe ",
            'The accounting key "Doe " begins or ends with a space.',
            "Change the accounting key: remove the space.",
        ),
        (
            "Doe:Jane\tX",
            'The accounting key "Doe:Jane\tX" contains a colon and a tab.',
            "Change the accounting key: QuickBooks doesn't allow this in a customer's name.",
        ),
        (
            "Doe\r\nJane",
            'The accounting key "Doe\r\nJane" contains a line break.',
            "Change the accounting key: QuickBooks doesn't allow this in a customer's name.",
        ),
        (
            "x" * 101,
            (f'The accounting key "{"x" * 101}" has 101 characters; QuickBooks Online allows 100.'),
            "Shorten the accounting key, in QuickBooks too.",
        ),
    ],
)
def test_3_accounting_key(key: str, problem: str, remedy: str) -> None:
    assert check_customer(Party(accounting_key=key), "online") == [
        CheckResult("3", "block", problem, remedy)
    ]


def test_3_desktop_takes_41_characters() -> None:
    assert check_customer(Party(accounting_key="x" * 41), "desktop") == []
    assert [finding.check for finding in check_customer(Party("x" * 42), "desktop")] == ["3"]


@pytest.mark.parametrize("key", ["O'Brien & Söhne", "=cmd", "株式会社", "مرحبا", "a/b;c*"])
def test_3_any_other_letter_or_sign_is_legal(key: str) -> None:
    assert check_customer(Party(accounting_key=key), "desktop") == []


def test_7_amount_over_ten_digits() -> None:
    huge = 100_000_000_00
    line = replace(REPAIR, quantity=Decimal(1), rate=Decimal(100_000_000), amount_cents=huge)
    record = replace(INVOICE, lines=(REPAIR, line), tax_cents=0, total_cents=huge + 12000)
    assert check_invoice(record, "online") == [
        CheckResult(
            "7",
            "block",
            f"{what} is {amount}; the largest allowed is 99,999,999.99.",
            "Correct the amount.",
        )
        for what, amount in [
            ("The amount of line 2", "100,000,000.00"),
            ("The total", "100,000,120.00"),
        ]
    ]
    assert [
        finding.check
        for finding in check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online")
    ] == ["7", "7"]
    payment = replace(PAYMENT, gross_cents=huge, rows=(PaymentRowRecord("1", huge),))
    expected = CheckResult(
        "7",
        "block",
        "The amount is 100,000,000.00; the largest allowed is 99,999,999.99.",
        "Correct the amount.",
    )
    assert check_payment(payment, "online") == [expected]
    assert check_refund(replace(REFUND, amount_cents=huge), "online") == [expected]


def test_8_quantity_times_rate_is_not_the_amount() -> None:
    off = replace(REPAIR, quantity=Decimal(3), rate=Decimal(40), amount_cents=12001)
    record = replace(INVOICE, lines=(off, REPAIR, off), tax_cents=0, total_cents=36002)
    finding = CheckResult(
        "8",
        "warn",
        "Lines 1, 3: quantity times rate doesn't equal the amount, so both are left blank.",
        "The amount is right. Correct the line if QuickBooks should show quantity and rate.",
    )
    assert check_invoice(record, "online") == [finding]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online") == [finding]
    single = replace(record, lines=(off,), total_cents=12001)
    assert check_invoice(single, "online") == [
        replace(
            finding,
            problem="Line 1: quantity times rate doesn't equal the amount, so both are left blank.",
        )
    ]


def test_9_desktop_would_work_out_another_tax() -> None:
    taxed = replace(REPAIR, amount_cents=10000, quantity=Decimal(1), rate=Decimal(100))
    record = replace(
        INVOICE,
        lines=(taxed,),
        tax_rate=Decimal("8.25"),
        tax_cents=5000,
        subtotal_cents=10000,
        total_cents=15000,
    )
    finding = CheckResult(
        "9",
        "warn",
        "The tax is 50.00; its rate applied to the taxable lines gives 8.25. The file has no "
        "column for the amount; QuickBooks Desktop calculates it from the tax item.",
        "After loading, check the total in QuickBooks and correct the tax there.",
    )
    assert check_invoice(record, "desktop") == [finding]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "desktop") == [finding]
    assert check_invoice(record, "online") == []
    assert check_invoice(replace(record, tax_cents=825, total_cents=10825), "desktop") == []
    without_rate = replace(record, tax_rate=None, tax_cents=825, total_cents=10825)
    assert [found.check for found in check_invoice(without_rate, "desktop")] == ["9"]


def test_9_lines_and_tax_are_not_the_total() -> None:
    record = replace(INVOICE, total_cents=10750)
    finding = CheckResult(
        "9",
        "block",
        "Lines of 99.99 and tax of 7.50 do not add up to the total of 107.50.",
        "Edit the invoice so that its lines and tax add up to its total, and approve it again.",
    )
    assert check_invoice(record, "online") == [finding]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online") == [finding]


def test_10_total_is_negative() -> None:
    line = replace(REPAIR, quantity=Decimal(1), rate=Decimal("-0.01"), amount_cents=-1)
    record = replace(INVOICE, lines=(line,), tax_cents=0, total_cents=-1)
    assert check_invoice(record, "online") == [
        CheckResult(
            "10",
            "block",
            "The total is -0.01; it can't be negative.",
            "Raise the total to 0.00 or more, or enter a credit memo in QuickBooks.",
        )
    ]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online") == []


def test_13_rows_of_a_payment() -> None:
    rows = (
        PaymentRowRecord("A1", 0),
        PaymentRowRecord("a1", 10000),
        PaymentRowRecord("", -1),
        PaymentRowRecord("", 1),
    )
    apply = "Correct how the payment is applied."
    assert check_payment(replace(PAYMENT, rows=rows), "online") == [
        CheckResult(
            "13", "block", "The part for invoice A1 is 0.00; it must be more than 0.00.", apply
        ),
        CheckResult(
            "13", "block", "The part without an invoice is -0.01; it must be more than 0.00.", apply
        ),
        CheckResult(
            "13", "block", "The parts of the payment add up to 100.00, not to 150.00.", apply
        ),
        CheckResult(
            "13",
            "block",
            "The payment is applied to invoice a1 more than once.",
            "Correct how the payment is applied: one part for each invoice.",
        ),
        CheckResult(
            "13",
            "block",
            "The payment has more than one part without an invoice.",
            "Correct how the payment is applied: one part for each invoice.",
        ),
    ]


def test_13_rows_are_the_amount_less_netted_refunds() -> None:
    netted = replace(PAYMENT, netted=(("R-1", 4251),))
    assert [finding.problem for finding in check_payment(netted, "online")] == [
        "The parts of the payment add up to 150.00, not to 107.49."
    ]
    assert check_payment(replace(netted, rows=netted.rows[:1]), "online") == []


def test_17_refund_of_nothing() -> None:
    assert check_journal(replace(REFUND, amount_cents=0), ONLINE_SETTINGS) == [
        CheckResult(
            "17",
            "block",
            "The refund is 0.00; it must be more than 0.00.",
            "Correct the refund.",
        )
    ]


def test_17_refund_account_is_accounts_receivable() -> None:
    settings = replace(ONLINE_SETTINGS, refund_accounts={"card": "accounts receivable (a/r) "})
    assert check_journal(REFUND, settings) == [
        CheckResult(
            "17",
            "block",
            'The refund is paid from the Accounts Receivable account "Accounts Receivable '
            '(A/R)" itself.',
            "Choose a different refund account for this method in the company settings.",
        )
    ]


def test_17_account_is_missing() -> None:
    settings = replace(ONLINE_SETTINGS, refund_accounts={}, default_refund_account="")
    assert check_journal(REFUND, settings) == [
        CheckResult(
            "17",
            "block",
            "A line of the journal entry has no account.",
            "Set the Accounts Receivable account and the refund accounts in the company settings.",
        )
    ]


def test_17_receivable_line_has_no_customer() -> None:
    assert check_journal(replace(REFUND, party=NO_PARTY), ONLINE_SETTINGS) == [
        CheckResult(
            "17",
            "block",
            "The Accounts Receivable line has no customer.",
            "Give the customer an accounting key.",
        )
    ]


SHORTEN = "Shorten it, or add the rest in QuickBooks."


def test_cut_texts_of_an_invoice() -> None:
    record = replace(
        INVOICE,
        memo="m" * 4_001,
        message="s" * 1_001,
        lines=(*INVOICE.lines, replace(REPAIR, description="d" * 4_002, amount_cents=12000)),
        total_cents=22749,
    )
    assert check_invoice(record, "online") == [
        CheckResult("cut", "warn", problem, SHORTEN)
        for problem in [
            f"{what} characters; QuickBooks Online allows {most}. The rest is cut off."
            for what, most in [
                ("The memo has 4,001", "4,000"),
                ("The message has 1,001", "1,000"),
                ("The description of line 3 has 4,002", "4,000"),
            ]
        ]
    ]


def test_cut_message_of_desktop_has_only_the_limit_of_a_workbook() -> None:
    assert check_invoice(replace(INVOICE, message="s" * 16_383), "desktop") == []
    assert [
        finding.problem
        for finding in check_invoice(replace(INVOICE, message="s" * 16_384), "desktop")
    ] == ["The message has 16,384 characters; a workbook allows 16,383. The rest is cut off."]


def test_cut_memos_are_measured_as_they_are_written() -> None:
    payment = replace(PAYMENT, memo="m" * 4_000)
    assert check_payment(payment, "online") == []
    netted = replace(payment, netted=(("R-1", 4251),), rows=PAYMENT.rows[:1])
    assert check_payment(netted, "online") == [
        CheckResult(
            "cut",
            "warn",
            "The memo has 4,036 characters; QuickBooks Online allows 4,000. The rest is cut off.",
            SHORTEN,
        )
    ]
    refund = replace(REFUND, memo="m" * 4_000)
    assert [finding.problem for finding in check_refund(refund, "online")] == [
        "The memo has 4,045 characters; QuickBooks Online allows 4,000. The rest is cut off."
    ]
    credit_memo = replace(CREDIT_MEMO, invoice=replace(INVOICE, memo="m" * 4_000))
    assert [finding.problem for finding in check_credit_memo(credit_memo, "online")] == [
        "The memo has 4,027 characters; QuickBooks Online allows 4,000. The rest is cut off."
    ]


def test_cut_addresses_of_a_customer() -> None:
    party = replace(
        PARTY,
        billing=replace(PARTY.billing, line1="a" * 42, postal_code="9" * 14),
        shipping=replace(PARTY.billing, city="c" * 32),
    )
    assert check_customer(party, "desktop") == [
        CheckResult(
            "cut",
            "warn",
            f"The {what} address has {length} characters; QuickBooks Desktop allows "
            f"{length - 1}. The rest is cut off.",
            SHORTEN,
        )
        for what, length in [
            ("line 1 of the billing", 42),
            ("postal code of the billing", 14),
            ("city of the service", 32),
        ]
    ]
    assert check_customer(party, "desktop", has_addresses=False) == []
    assert check_customer(party, "online") == []


def test_texts_of_the_checks_of_several_documents() -> None:
    assert batches.invoice_missing("1042") == CheckResult(
        "14",
        "warn",
        "Invoice 1042 is neither in this batch nor in an earlier one.",
        "Before loading the payment, batch and load the invoice, or enter it in QuickBooks.",
    )
    assert batches.payment_capped("1042", 150000) == CheckResult(
        "15",
        "warn",
        "Invoice 1042 has no open balance for 1,500.00 of this payment; that part goes out "
        "without an invoice number.",
        "In QuickBooks, apply the 1,500.00 by hand to invoice 1042 once it has an open "
        "balance, or to the invoice where it belongs.",
    )
    assert batches.payment_capped("1042", 1, ["R-1", "R-2"]).remedy == (
        "In QuickBooks, apply the 0.01 to journal entry R-1 or R-2."
    )
    assert batches.refund_in_another_month("R-15") == CheckResult(
        "15b",
        "warn",
        "Refund R-15 is netted in this payment, but is dated in another month.",
        "If the payment's month is closed, enter the payment and the refund separately in "
        "QuickBooks.",
    )
    assert batches.tax_address_incomplete(
        ["city", "postal code"], address="service"
    ) == CheckResult(
        "12",
        "warn",
        "QuickBooks Online calculates sales tax from the service address, which has no city "
        "and no postal code.",
        "Complete the customer's address, or check the tax in QuickBooks after loading.",
    )
    assert batches.date_in_another_month(date(2026, 11, 2), date(2026, 10, 31)) == CheckResult(
        "18",
        "warn",
        "The invoice is dated 11/02/2026; it was last sent with 10/31/2026, in another month.",
        "If either month has been reported or closed, get the change approved before loading.",
    )
    assert batches.books_closed(date(2026, 9, 30), date(2026, 9, 30)) == CheckResult(
        "19",
        "block",
        "It is dated 09/30/2026; the books are closed through 09/30/2026.",
        "Give it a later date, or reopen the period by changing the closing date in Settings.",
    )
    assert batches.books_closed(
        date(2026, 10, 1), date(2026, 9, 30), sent=date(2026, 9, 2)
    ).problem == (
        "It was last sent with the date 09/02/2026; the books are closed through 09/30/2026."
    )
    assert batches.payment_on_imported_job("J-9") == CheckResult(
        "16",
        "warn",
        "The payment is for imported job J-9; it goes out without an invoice number.",
        "In QuickBooks, apply the payment by hand to the imported job's invoice.",
    )


NAMED_WRONG = "Correct it on the invoice, and in QuickBooks if needed. We don't shorten names."


@pytest.mark.parametrize(
    ("profile", "field", "text", "problem"),
    [
        (
            "online",
            "item",
            "x" * 101,
            'The item "{}" has 101 characters; QuickBooks Online allows 100.',
        ),
        (
            "desktop",
            "item",
            "x" * 32,
            'The item "{}" has 32 characters; QuickBooks Desktop allows 31.',
        ),
        (
            "desktop",
            "class_name",
            "Texas:" + "x" * 32,
            ('The class "{}" has 32 characters between two colons; QuickBooks Desktop allows 31.'),
        ),
        (
            "desktop",
            "item",
            ":".join(["x" * 31] * 5) + ":y",
            'The item "{}" has 161 characters; QuickBooks Desktop allows 159.',
        ),
        (
            "online",
            "class_name",
            "Texas::Austin",
            'The class "{}" has an empty part: Parent:Child needs both names.',
        ),
        ("online", "item", "Air\tfilter", 'The item "{}" contains a tab.'),
    ],
)
def test_4_names_of_a_line(profile: str, field: str, text: str, problem: str) -> None:
    names: dict[str, Any] = {field: text}
    record = replace(INVOICE, lines=(replace(REPAIR, **names),), tax_cents=0)
    record = replace(record, total_cents=REPAIR.amount_cents)
    expected = [CheckResult("4", "block", problem.format(text), NAMED_WRONG)]
    assert check_invoice(record, profile) == expected
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), profile) == expected


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ("online", "x" * 100),
        ("online", "配管:修理 “Drain” #4 — ½″ & more"),
        ("desktop", ":".join(["x" * 31] * 4)),
        ("online", ""),
    ],
)
def test_4_names_that_are_legal(profile: str, text: str) -> None:
    record = replace(INVOICE, lines=(REPAIR, replace(COUPON, class_name=text)))
    assert [one for one in check_invoice(record, profile) if one.check == "4"] == []


def test_4_tax_code_and_terms() -> None:
    record = replace(INVOICE, tax_name="t" * 101, terms="Net " + "9" * 28)
    tax_code = CheckResult(
        "4",
        "block",
        f'The tax code "{record.tax_name}" has 101 characters; QuickBooks Online allows 100.',
        NAMED_WRONG,
    )
    assert check_invoice(record, "online") == [
        tax_code,
        CheckResult(
            "4",
            "block",
            f'The terms "{record.terms}" have 32 characters; QuickBooks Online allows 31.',
            NAMED_WRONG,
        ),
    ]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online") == [tax_code]


def test_4_accounts_of_the_settings() -> None:
    long = "Checking " + "x" * 30
    settings = replace(
        DESKTOP_SETTINGS,
        ar_account=long,
        default_tax_item="y" * 32,
        deposit_accounts={"check": long},
        refund_accounts={"card": "Clearing:"},
    )
    problem = f'The account "{long}" has 39 characters; QuickBooks Desktop allows 31.'
    remedy = "Correct it in the company settings."
    too_long = CheckResult("4", "block", problem, remedy)
    assert check_settings("payment", "check", settings) == [too_long]
    assert check_settings("payment", "card", settings) == []
    assert check_settings("invoice", "", settings) == [
        too_long,
        CheckResult(
            "4",
            "block",
            f'The sales tax item "{"y" * 32}" has 32 characters; QuickBooks Desktop allows 31.',
            remedy,
        ),
    ]
    assert check_settings("invoice", "", replace(settings, profile="online")) == []
    assert check_journal(REFUND, settings) == [
        too_long,
        CheckResult(
            "4",
            "block",
            'The account "Clearing:" has an empty part: Parent:Child needs both names.',
            remedy,
        ),
    ]


def test_4_class_of_a_journal() -> None:
    record = replace(REFUND, class_name="South:")
    assert check_journal(record, ONLINE_SETTINGS) == [
        CheckResult(
            "4",
            "block",
            'The class "South:" has an empty part: Parent:Child needs both names.',
            'Correct the default class of department "Plumbing South".',
        )
    ]


@pytest.mark.parametrize("profile", ["online", "desktop"])
def test_6_due_before_its_date(profile: str) -> None:
    record = replace(INVOICE, due_date=date(2026, 1, 30))
    assert check_invoice(record, profile) == [
        CheckResult(
            "6",
            "block",
            "The invoice is due on 01/30/2026, before its date, 01/31/2026.",
            "Correct the date or the due date, and approve the invoice again.",
        )
    ]
    assert check_invoice(replace(INVOICE, due_date=INVOICE.date), profile) == []
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), profile) == []


def test_11_tax_without_a_code_or_a_taxable_line() -> None:
    no_code = CheckResult(
        "11",
        "block",
        "The tax of 7.50 has no tax code.",
        "Enter the name of the sales tax on the invoice, and approve it again.",
    )
    no_line = CheckResult(
        "11",
        "block",
        "There is a tax of 7.50, but no line is taxable.",
        "Mark the taxable lines, or remove the tax, and approve the invoice again.",
    )
    record = replace(INVOICE, tax_name=" ")
    assert check_invoice(record, "online") == [no_code]
    assert check_credit_memo(replace(CREDIT_MEMO, invoice=record), "online") == [no_code]
    record = replace(INVOICE, lines=(replace(REPAIR, is_taxable=False), COUPON))
    assert check_invoice(record, "online") == [no_line]
    untaxed = replace(record, tax_name="", tax_cents=0, total_cents=9999)
    assert check_invoice(untaxed, "online") == []


@pytest.mark.parametrize(
    "email", ["a@example.com; b@example.com", "a@example.com,b@example.com", "at example.com", "@"]
)
def test_20_email_is_not_one_address(email: str) -> None:
    party = replace(PARTY, email=email)
    assert check_customer(party, "online") == [
        CheckResult(
            "20",
            "warn",
            f'"{email}" isn\'t a single valid e-mail address, so it is left out.',
            "Correct the customer's e-mail address.",
        )
    ]
    assert check_customer(party, "online", has_addresses=False) == []


@pytest.mark.parametrize("email", ["", "o'neil+jobs@mail.example.co.uk"])
def test_20_email_is_well_formed(email: str) -> None:
    assert check_customer(replace(PARTY, email=email), "online") == []
