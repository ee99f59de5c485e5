"""An invoice's fingerprint: all that its revision freezes, and nothing else (domain.md §2)."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from invoices.fingerprints import invoice_content, invoice_fingerprint, shortest
from invoices.models import Department, Job
from invoices.services.values import InvoiceValues
from invoices.tests.factories import make_invoice_values, make_line

VALUES = make_invoice_values(
    job=Job(pk=1, number="J-55"),
    department=Department(pk=1, name="HVAC"),
    memo="Gate code 12",
    tax_name="Austin",
    tax_rate=Decimal("8.25"),
    tax_cents=1238,
    lines=(make_line(15000, quantity=Decimal("1.5"), rate=Decimal("100.00")),),
)
LINE = VALUES.lines[0]


def test_it_is_the_same_on_every_database_and_day() -> None:
    assert invoice_fingerprint(VALUES) == (
        "c57a791d4639e8918be08b4b2b5083ef206887c86b158bb1f9d769e16429931a"
    )


def test_keys_of_rows_are_not_in_it() -> None:
    elsewhere = replace(
        VALUES, job=Job(pk=77, number="J-55"), department=Department(pk=88, name="HVAC")
    )
    assert invoice_fingerprint(elsewhere) == invoice_fingerprint(VALUES)


def test_how_a_number_is_written_is_not_in_it() -> None:
    same = replace(
        VALUES,
        tax_rate=Decimal("8.250000"),
        lines=(replace(LINE, quantity=Decimal("1.500000"), rate=Decimal("1E+2")),),
    )
    assert invoice_fingerprint(same) == invoice_fingerprint(VALUES)


@pytest.mark.parametrize(
    "changed",
    [
        replace(VALUES, job=None),
        replace(VALUES, job=Job(pk=1, number="J-56")),
        replace(VALUES, department=None),
        replace(VALUES, department=Department(pk=1, name="Electrical")),
        replace(VALUES, date=datetime.date(2026, 11, 3)),
        replace(VALUES, due_date=datetime.date(2026, 12, 3)),
        replace(VALUES, terms="Net 15"),
        replace(VALUES, memo=""),
        replace(VALUES, message="Thanks"),
        replace(VALUES, tax_name="Dallas"),
        replace(VALUES, tax_rate=None),
        replace(VALUES, tax_rate=Decimal("8.26")),
        replace(VALUES, tax_cents=1239),
        replace(VALUES, lines=()),
        replace(VALUES, lines=(LINE, LINE)),
        replace(VALUES, lines=(replace(LINE, item="Install"),)),
        replace(VALUES, lines=(replace(LINE, description=""),)),
        replace(VALUES, lines=(replace(LINE, quantity=Decimal("1.500001")),)),
        replace(VALUES, lines=(replace(LINE, rate=Decimal("100.000001")),)),
        replace(VALUES, lines=(replace(LINE, amount_cents=15001),)),
        replace(VALUES, lines=(replace(LINE, is_taxable=False),)),
        replace(VALUES, lines=(replace(LINE, class_name="Plumbing"),)),
        replace(VALUES, lines=(replace(LINE, service_date=None),)),
    ],
)
def test_everything_that_the_invoice_says_is_in_it(changed: InvoiceValues) -> None:
    assert invoice_fingerprint(changed) != invoice_fingerprint(VALUES)


def test_the_order_of_the_lines_is_in_it() -> None:
    other = replace(LINE, item="Install")
    one, two = replace(VALUES, lines=(LINE, other)), replace(VALUES, lines=(other, LINE))
    assert invoice_fingerprint(one) != invoice_fingerprint(two)


def test_the_content_is_written_out_for_the_audit_trail() -> None:
    assert invoice_content(VALUES) == {
        "job": "J-55",
        "department": "HVAC",
        "date": "2026-11-02",
        "due_date": "2026-12-02",
        "terms": "Net 30",
        "memo": "Gate code 12",
        "message": "Thank you",
        "tax_name": "Austin",
        "tax_rate": "8.25",
        "tax_cents": 1238,
        "subtotal_cents": 15000,
        "total_cents": 16238,
        "lines": [
            {
                "item": "Repair",
                "description": "Capacitor",
                "quantity": "1.5",
                "rate": "100",
                "amount_cents": 15000,
                "is_taxable": True,
                "class": "HVAC",
                "service_date": "2026-11-01",
            }
        ],
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.500000", "1.5"),
        ("100.00", "100"),
        ("100", "100"),
        ("1E+2", "100"),
        ("0.000001", "0.000001"),
        ("1E-6", "0.000001"),
        ("-0.00", "0"),
        ("0", "0"),
        ("-2.50", "-2.5"),
    ],
)
def test_numbers_are_written_the_shortest_way(number: str, text: str) -> None:
    assert shortest(Decimal(number)) == text
