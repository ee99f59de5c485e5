"""Money is whole cents (ADR 1): the only places where cents become text or Decimal, and back."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

CENT: Final = Decimal("0.01")
LARGEST_CENTS: Final = 99_999_999_99
"""QuickBooks takes amounts of at most ten digits (workbooks.md, check 7)."""

_PLAIN_AMOUNT: Final = re.compile(r"-?[0-9]{1,8}\.[0-9]{2}")


class MoneyError(ValueError):
    """An amount that cannot be read; the message says why."""


def parse_cents(text: object) -> int:
    """Return the cents of a decimal string such as "150.00"; raise MoneyError for anything else.

    Floats, NaN, exponents, more than two decimals and more than ten digits are errors, not guesses.
    """
    if not isinstance(text, str):
        raise MoneyError('must be a decimal string such as "150.00"')
    if _PLAIN_AMOUNT.fullmatch(text):
        # Covers nearly every amount of a feed in a quarter of the time that Decimal takes.
        return int(text.replace(".", ""))
    if not text or not text.isascii() or not set(text) <= set("0123456789.-"):
        raise MoneyError(f'"{text[:40]}" is not an amount; write it like "150.00"')
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise MoneyError(f'"{text[:40]}" is not an amount; write it like "150.00"') from None
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2:
        raise MoneyError(f'"{text[:40]}" has more than two decimals')
    cents = int(amount * 100)
    if abs(cents) > LARGEST_CENTS:
        raise MoneyError(f'"{text[:40]}" has more than ten digits')
    return cents


def to_decimal(cents: int) -> Decimal:
    """Return cents as a Decimal with exactly two decimals."""
    return Decimal(cents).scaleb(-2)


def cents_text(cents: int) -> str:
    """Return 15000 as "150.00": for files, feeds and JSON."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents_display(cents: int) -> str:
    """Return 120000 as "1,200.00": for people."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def round_half_up(amount: Decimal) -> int:
    """Return an amount in currency units as whole cents, halves rounded away from zero."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
