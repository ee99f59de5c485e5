"""Strict reading of every field: nothing is guessed (feed.md, Rules; reliability.md, B2 to B4)."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from feed.lines import Line
from feed.parsing import parse_line
from feed.records import (
    RECORD_TYPES,
    CustomerRecord,
    DocumentRecord,
    InvoiceRecord,
    JobRecord,
    LineRecord,
    PaymentRecord,
    Record,
    TaxRecord,
)
from feed.tests.feeding import (
    ADDRESS,
    LINE,
    TAX,
    Content,
    batched_before,
    credit_memo,
    customer,
    department,
    invoice,
    invoice_action,
    job,
    payment,
    payment_action,
    refund,
)

EXAMPLES: dict[str, Content] = {
    "department": department(),
    "customer": customer(),
    "job": job(),
    "invoice": invoice(),
    "invoice_action": invoice_action("void"),
    "payment": payment(),
    "payment_action": payment_action("remove"),
    "refund": refund(),
    "credit_memo": credit_memo(),
    "batched_before": batched_before("invoice", "10023"),
}


def parse(content: Content) -> Record:
    return parse_line(Line(1, json.dumps(content).encode()))


def digest(content: Content) -> str:
    record = parse(content)
    assert isinstance(record, DocumentRecord)
    return record.digest()


@pytest.mark.parametrize("type_name", RECORD_TYPES)
def test_each_type_is_read(type_name: str) -> None:
    assert type(parse(EXAMPLES[type_name])) is RECORD_TYPES[type_name]


def test_an_invoice_is_read_to_the_cent() -> None:
    assert parse(invoice()) == InvoiceRecord(
        number="10023",
        customer="C-1001",
        job="J-55",
        department="HVAC",
        status="finalized",
        date=date(2026, 11, 2),
        due_date=date(2026, 12, 2),
        terms="Net 30",
        memo="",
        message="Thank you",
        tax=TaxRecord(code="Austin", rate=Decimal("8.25"), amount=1238),
        lines=(
            LineRecord(
                item="Repair",
                description="Capacitor",
                quantity=Decimal("1.5"),
                rate=Decimal(100),
                amount=15000,
                taxable=True,
                class_name="HVAC",
                service_date=date(2026, 11, 1),
            ),
        ),
    )


def test_what_may_be_null_or_left_out() -> None:
    plain = {"type": "job", "number": "J-1", "customer": "C-1"}
    assert parse(plain) == JobRecord(number="J-1", customer="C-1", department=None, imported=False)
    record = parse({"type": "customer", "number": "C-1", "name": "Jane Doe"})
    assert record == CustomerRecord(number="C-1", name="Jane Doe")
    record = parse(invoice(job=None, department=None, tax=None))
    assert isinstance(record, InvoiceRecord)
    assert (record.job, record.department, record.tax) == (None, None, None)


@pytest.mark.parametrize("type_name", RECORD_TYPES)
def test_an_unknown_field_is_refused(
    type_name: str, raises_field_error: Callable[..., Any]
) -> None:
    example = EXAMPLES[type_name]
    known = ", ".join(
        ["number", "name", "accounting_key", *list(example)[3:]]
        if type_name == "customer"
        else list(example)[1:]
    )
    with raises_field_error("colour", f"is not a known field; known are: {known}"):
        parse({**example, "colour": "blue"})


@pytest.mark.parametrize(
    ("type_name", "field"),
    [
        ("department", "timezone"),
        ("customer", "name"),
        ("job", "customer"),
        ("invoice", "tax"),
        ("invoice", "lines"),
        ("invoice_action", "action"),
        ("payment", "settled"),
        ("payment", "allocations"),
        ("refund", "amount"),
        ("credit_memo", "date"),
        ("batched_before", "kind"),
    ],
)
def test_a_field_left_out_is_refused(
    type_name: str, field: str, raises_field_error: Callable[..., Any]
) -> None:
    content = {key: value for key, value in EXAMPLES[type_name].items() if key != field}
    with raises_field_error(field, "is missing"):
        parse(content)


AMOUNT = 'must be a decimal string such as "150.00"'
DECIMAL = (
    'must be a plain decimal such as "1.5", with at most 9 digits before and 6 after the point'
)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (162.38, AMOUNT),
        (162, AMOUNT),
        (None, AMOUNT),
        (True, AMOUNT),
        ("", '"" is not an amount; write it like "150.00"'),
        ("0.005", '"0.005" has more than two decimals'),
        ("1E5", '"1E5" is not an amount; write it like "150.00"'),
        ("NaN", '"NaN" is not an amount; write it like "150.00"'),
        ("1.234,56", '"1.234,56" is not an amount; write it like "150.00"'),
        ("1,234.56", '"1,234.56" is not an amount; write it like "150.00"'),
        (" 5", '" 5" is not an amount; write it like "150.00"'),
        ("١٢", '"١٢" is not an amount; write it like "150.00"'),
        ("1000000000000", '"1000000000000" has more than ten digits'),
        ("-1.00", "must not be negative"),
        ("\ud800", AMOUNT),
        ("1\x1b[2J", AMOUNT),
    ],
)
def test_an_amount_is_an_exact_decimal_string(
    value: object, reason: str, raises_field_error: Callable[..., Any]
) -> None:
    with raises_field_error("amount", reason):
        parse(payment(amount=value))


def test_amounts_of_nothing() -> None:
    record = parse(payment(amount="-0.00", allocations=[]))
    assert isinstance(record, PaymentRecord)
    assert record.amount == 0


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (refund(amount="0.00"), "amount", "must be more than 0.00"),
        (
            payment(allocations=[{"invoice": "1", "amount": "0"}]),
            "allocations[0].amount",
            "must be more than 0.00",
        ),
        (invoice(tax={**TAX, "amount": "-1.00"}), "tax.amount", "must not be negative"),
        (invoice(tax={**TAX, "rate": "-1"}), "tax.rate", "must be at least 0"),
        (invoice(tax={**TAX, "rate": "1000"}), "tax.rate", "must be less than 1000"),
        (invoice(tax={"code": "Austin", "rate": "1"}), "tax.amount", "is missing"),
        (invoice(tax=[]), "tax", "must be an object in curly braces"),
        (invoice(lines=[]), "lines", "is empty; send at least one line"),
        (invoice(lines={}), "lines", "must be a list in square brackets"),
        (invoice(lines=[LINE, None]), "lines[1]", "must be an object in curly braces"),
        (
            invoice(lines=[LINE, {**LINE, "quantity": 1.5}]),
            "lines[1].quantity",
            'must be a decimal string such as "1.5"',
        ),
        (invoice(lines=[{**LINE, "quantity": "1e3"}]), "lines[0].quantity", DECIMAL),
        (invoice(lines=[{**LINE, "rate": "0.0000001"}]), "lines[0].rate", DECIMAL),
        (invoice(lines=[{**LINE, "rate": "1234567890"}]), "lines[0].rate", DECIMAL),
        (invoice(lines=[{**LINE, "rate": "Infinity"}]), "lines[0].rate", DECIMAL),
        (invoice(lines=[{**LINE, "item": " "}]), "lines[0].item", "must not be empty"),
        (invoice(lines=[{**LINE, "taxable": "yes"}]), "lines[0].taxable", "must be true or false"),
        (
            invoice(lines=[{**LINE, "colour": "red"}]),
            "lines[0].colour",
            f"is not a known field; known are: {', '.join(LINE)}",
        ),
        (invoice(status="void"), "status", "must be one of: pending, finalized"),
        (invoice(status=None), "status", "must be one of: pending, finalized"),
        (
            payment(method="Card"),
            "method",
            "must be one of: card, ach, cash, check, external, on_file",
        ),
        (
            invoice_action("unvoid"),
            "action",
            "must be one of: do_not_batch, resume_batching, void, cancel",
        ),
        (payment_action("delete"), "action", "must be one of: remove, dispute, restore"),
        (batched_before("job", "J-1"), "kind", "must be one of: invoice, payment, refund"),
        (
            invoice(date="2026-02-30"),
            "date",
            "2026-02-30 isn't a calendar date; it must be a date like 2026-11-02",
        ),
        (invoice(date="20261102"), "date", "must be a date like 2026-11-02"),
        (invoice(date="2026-11-02T00:00:00"), "date", "must be a date like 2026-11-02"),
        (invoice(date=20261102), "date", "must be a date like 2026-11-02"),
        (invoice(date="1899-12-31"), "date", "must lie between 1901-01-01 and 2199-12-31"),
        ({**invoice(), "number": 10023}, "number", "must be text in double quotes"),
        (invoice(number=""), "number", "must not be empty"),
        (invoice(number=" 10023"), "number", "begins or ends with a space; remove it"),
        (invoice(number="1" * 65), "number", "has 65 characters; shorten it to 64"),
        (invoice(memo="x" * 32_001), "memo", "has 32,001 characters; shorten it to 32,000"),
        (
            customer(billing_address={**ADDRESS, "zip": "1"}),
            "billing_address.zip",
            f"is not a known field; known are: {', '.join(ADDRESS)}",
        ),
        (department(timezone="Chicago"), "timezone", "must be a time zone like America/Chicago"),
        (
            department(timezone="../etc/passwd"),
            "timezone",
            "must be a time zone like America/Chicago",
        ),
    ],
)
def test_a_bad_value_is_refused_with_its_field(
    content: Content, field: str, reason: str, raises_field_error: Callable[..., Any]
) -> None:
    with raises_field_error(field, reason):
        parse(content)


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "control character U+0000"),
        ("\x0b", "control character U+000B"),
        ("\t", "control character U+0009"),
        ("\n", "control character U+000A"),
        ("\x7f", "control character U+007F"),
        ("\x85", "control character U+0085"),
        ("\ud800", "lone surrogate U+D800"),
        ("\ufffe", "noncharacter U+FFFE"),
        ("\uffff", "noncharacter U+FFFF"),
        ("\ufdd0", "noncharacter U+FDD0"),
        ("\U0001fffe", "noncharacter U+1FFFE"),
        ("\U0010ffff", "noncharacter U+10FFFF"),
    ],
)
def test_a_character_that_no_workbook_can_carry_is_refused(
    character: str, name: str, raises_field_error: Callable[..., Any]
) -> None:
    with raises_field_error("name", f"contains the {name} at character 3; remove it"):
        parse(customer(name=f"Ja{character}ne"))


def test_tab_and_newline_are_legal_in_free_text_only(
    raises_field_error: Callable[..., Any],
) -> None:
    record = parse(
        invoice(memo="a\tb\nc\r\nd", message="\n", lines=[{**LINE, "description": "\t"}])
    )
    assert isinstance(record, InvoiceRecord)
    assert (record.memo, record.message, record.lines[0].description) == ("a\tb\nc\nd", "\n", "\t")
    reason = (
        "contains the control character U+000D at character 2; remove it (only tab and "
        "newline are allowed here)"
    )
    with raises_field_error("memo", reason):
        parse(invoice(memo="a\rb"))


@pytest.mark.parametrize(
    "name",
    ["=cmd|' /C calc'!A0", "-Smith", "+1 512", "@x", "Zoë 🙂", "\u202eabc", "Ünïted\u00a0Co"],
)
def test_any_other_letter_or_sign_is_kept(name: str) -> None:
    record = parse(customer(name=name))
    assert isinstance(record, CustomerRecord)
    assert record.name == name


def test_free_text_of_32000_characters_is_kept() -> None:
    record = parse(invoice(memo="ä" * 32_000))
    assert isinstance(record, InvoiceRecord)
    assert len(record.memo) == 32_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (payment(amount="162.38"), dict(reversed(payment(amount="162.380"[:-1]).items()))),
        (payment(amount="170.00"), payment(amount="170")),
        (invoice(), invoice(lines=[{**LINE, "quantity": "1.500", "rate": "100"}])),
        (job(department=None), {"type": "job", "number": "J-55", "customer": "C-1001"}),
    ],
)
def test_the_digest_does_not_depend_on_how_a_record_is_written(
    one: Content, other: Content
) -> None:
    assert digest(one) == digest(other)


def test_the_digest_tells_every_difference() -> None:
    records = [
        invoice(),
        invoice(status="pending"),
        invoice(memo="x"),
        invoice(job=None),
        invoice(tax=None),
        invoice(lines=[LINE, LINE]),
        invoice(lines=[{**LINE, "service_date": None}]),
        payment(),
        payment(allocations=[]),
        payment(settled=False),
        customer(),
        customer(accounting_key="Jane Doe"),
        customer(service_address=ADDRESS),
        customer(service_address={}),
    ]
    assert len({digest(record) for record in records}) == len(records)
