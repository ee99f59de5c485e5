"""Cents become text and back without loss; anything that is not an amount is an error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_batching.money import (
    LARGEST_CENTS,
    MoneyError,
    cents_display,
    cents_text,
    parse_cents,
    round_half_up,
    to_decimal,
)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("150.00", 15000),
        ("150", 15000),
        ("0.1", 10),
        ("0.01", 1),
        ("-25.00", -2500),
        ("-0.00", 0),
        ("00012.50", 1250),
        ("99999999.99", 9_999_999_999),
    ],
)
def test_a_decimal_string_is_read_as_cents(text: str, cents: int) -> None:
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    ("given_value", "message"),
    [
        ("", '"" is not an amount; write it like "150.00"'),
        ("1,234.56", '"1,234.56" is not an amount; write it like "150.00"'),
        ("1.234,56", '"1.234,56" is not an amount; write it like "150.00"'),
        ("1E5", '"1E5" is not an amount; write it like "150.00"'),
        ("NaN", '"NaN" is not an amount; write it like "150.00"'),
        ("-", '"-" is not an amount; write it like "150.00"'),
        ("1.2.3", '"1.2.3" is not an amount; write it like "150.00"'),
        ("--1", '"--1" is not an amount; write it like "150.00"'),
        (" 1.00", '" 1.00" is not an amount; write it like "150.00"'),
        ("٣", '"٣" is not an amount; write it like "150.00"'),
        ("0.005", '"0.005" has more than two decimals'),
        ("1.000", '"1.000" has more than two decimals'),
        ("100000000.00", '"100000000.00" has more than ten digits'),
        ("1000000000000", '"1000000000000" has more than ten digits'),
        (1.5, 'must be a decimal string such as "150.00"'),
        (15000, 'must be a decimal string such as "150.00"'),
        (None, 'must be a decimal string such as "150.00"'),
        (True, 'must be a decimal string such as "150.00"'),
    ],
)
def test_anything_else_is_an_error(given_value: object, message: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_cents(given_value)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("cents", "text", "display", "amount"),
    [
        (0, "0.00", "0.00", "0.00"),
        (5, "0.05", "0.05", "0.05"),
        (-5, "-0.05", "-0.05", "-0.05"),
        (120000, "1200.00", "1,200.00", "1200.00"),
        (-123456789, "-1234567.89", "-1,234,567.89", "-1234567.89"),
    ],
)
def test_cents_are_written(cents: int, text: str, display: str, amount: str) -> None:
    assert cents_text(cents) == text
    assert cents_display(cents) == display
    assert str(to_decimal(cents)) == amount


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        ("0.005", 1),
        ("-0.005", -1),
        ("0.0049999", 0),
        ("2.675", 268),
        ("-2.675", -268),
        ("12.375", 1238),
        ("150", 15000),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: str, cents: int) -> None:
    assert round_half_up(Decimal(amount)) == cents


@given(st.integers(-LARGEST_CENTS, LARGEST_CENTS))
def test_what_is_written_is_read_back(cents: int) -> None:
    assert parse_cents(cents_text(cents)) == cents
    assert round_half_up(to_decimal(cents)) == cents
