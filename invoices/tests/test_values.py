"""Invalid invoice values are refused before anything is written (feed.md, Rules and Records)."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from invoices.services.values import InvoiceValues, checked_values, dated
from invoices.tests.factories import make_invoice_values, make_line
from sera_batching.exceptions import Refused

VALUES = make_invoice_values(15000, tax_name="Austin", tax_rate=Decimal("8.25"), tax_cents=1238)
LINE = VALUES.lines[0]


def with_line(**changes: object) -> InvoiceValues:
    return replace(VALUES, lines=(replace(LINE, **changes),))  # type: ignore[arg-type]


def test_the_total_is_the_lines_plus_the_tax() -> None:
    values = replace(VALUES, lines=(make_line(15000), make_line(-2500, item="Marketing Coupons")))
    assert (values.subtotal_cents, values.total_cents) == (12500, 13738)
    assert checked_values(values) == values


@pytest.mark.parametrize(
    "values",
    [
        VALUES,
        make_invoice_values(0),
        replace(VALUES, tax_rate=None, tax_cents=0, tax_name=""),
        replace(VALUES, lines=(), tax_cents=0),
        replace(VALUES, due_date=datetime.date(2026, 10, 1)),
        with_line(quantity=Decimal("999999999.999999"), rate=Decimal("-999999999.999999")),
        with_line(quantity=Decimal("1E+3")),
        with_line(service_date=None, class_name="", description=""),
        replace(VALUES, lines=(make_line(15000), make_line(-15000)), tax_cents=0),
        make_invoice_values(9_999_999_999),
    ],
)
def test_these_are_said_as_they_are(values: InvoiceValues) -> None:
    assert checked_values(values) == values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            make_invoice_values(-1),
            "The total would be -0.01; it cannot be negative.",
        ),
        (
            replace(VALUES, lines=(make_line(100), make_line(-2000))),
            "The total would be -6.62; it cannot be negative.",
        ),
        (replace(VALUES, tax_cents=-1), "The tax is negative."),
        (replace(VALUES, tax_rate=Decimal("-0.5")), "The tax rate is negative."),
        (
            replace(VALUES, tax_rate=Decimal(1000)),
            "The tax rate 1000 is too large; it stays below 1000.",
        ),
        (replace(VALUES, tax_rate=Decimal("NaN")), "The tax rate is not a number."),
        (with_line(quantity=Decimal("Infinity")), "The quantity is not a number."),
        (
            with_line(quantity=Decimal(1000000000)),
            "The quantity 1000000000 is too large; it stays below 1000000000.",
        ),
        (
            with_line(rate=Decimal("0.0000001")),
            "The rate 1E-7 has more than six decimals.",
        ),
        (
            with_line(amount_cents=10_000_000_000),
            "The amount of a line 100,000,000.00 has more than ten digits.",
        ),
        (
            replace(VALUES, lines=(make_line(9_999_999_999), make_line(1))),
            "The total 100,000,012.38 has more than ten digits.",
        ),
        (with_line(item=" "), "The item of a line is missing."),
        (
            with_line(item="x" * 256),
            "The item of a line has 256 characters; the limit is 255.",
        ),
        (
            with_line(class_name="x\ny"),
            "The class of a line contains a control character, which no workbook can carry.",
        ),
        (
            with_line(description="x\x00"),
            "The description of a line contains a control character, which no workbook can carry.",
        ),
        (
            replace(VALUES, terms="x" * 101),
            "The terms has 101 characters; the limit is 100.",
        ),
        (
            replace(VALUES, memo="x" * 32_001),
            "The memo has 32001 characters; the limit is 32000.",
        ),
        (
            replace(VALUES, message="\ud800"),
            "The message contains a control character, which no workbook can carry.",
        ),
        (
            replace(VALUES, tax_name="\t"),
            "The tax name contains a control character, which no workbook can carry.",
        ),
    ],
)
def test_these_are_refused(values: InvoiceValues, message: str) -> None:
    with pytest.raises(Refused) as caught:
        checked_values(values)
    assert str(caught.value) == message


def test_line_breaks_of_a_browser_become_newlines() -> None:
    values = checked_values(replace(with_line(description="a\r\nb"), memo="c\r\nd", message="e\rf"))
    assert (values.memo, values.message, values.lines[0].description) == ("c\nd", "e\nf", "a\nb")


def test_another_date_takes_the_due_date_along() -> None:
    later = dated(VALUES, datetime.date(2026, 11, 12))
    assert (later.date, later.due_date) == (
        datetime.date(2026, 11, 12),
        datetime.date(2026, 12, 12),
    )
    assert dated(later, VALUES.date) == VALUES


def test_a_due_date_that_moves_stops_at_the_ends_of_the_calendar() -> None:
    never_due = replace(VALUES, due_date=datetime.date.max)
    later = VALUES.date + datetime.timedelta(days=1)
    assert dated(never_due, later).due_date == datetime.date.max
    always_due = replace(VALUES, due_date=datetime.date.min)
    earlier = VALUES.date - datetime.timedelta(days=1)
    assert dated(always_due, earlier).due_date == datetime.date.min
