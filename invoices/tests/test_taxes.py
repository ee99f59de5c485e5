"""The tax of an edited invoice (docs/rounding.md)."""

from decimal import Decimal

import pytest

from invoices.services.values import LineValues
from invoices.taxes import edited_tax, tax_of, taxable_cents
from invoices.tests.factories import make_invoice_values, make_line
from sera_batching.exceptions import Refused

RATE = Decimal("8.25")


def lines(*cents: int) -> tuple[LineValues, ...]:
    """Return taxable lines of these cents, and one that is not taxable."""
    return (*(make_line(one) for one in cents), make_line(99999, is_taxable=False))


@pytest.mark.parametrize(
    ("cents", "rate", "tax"),
    [
        ((10000,), RATE, 825),
        # Together 2.0625, apart 3 × 0.6875: rounded once, not line by line.
        ((833, 833, 834), RATE, 206),
        ((200,), Decimal("0.25"), 1),
        ((10000, -2000), RATE, 660),
        ((1000, -2000), RATE, 0),
        ((10000,), None, 0),
        ((10000,), Decimal(0), 0),
    ],
)
def test_the_tax_is_on_the_taxable_lines_together(
    cents: tuple[int, ...], rate: Decimal | None, tax: int
) -> None:
    assert tax_of(lines(*cents), rate) == tax


def test_a_tax_stays_while_what_it_is_on_does() -> None:
    before = make_invoice_values(lines=lines(10000), tax_rate=RATE, tax_cents=824)
    assert edited_tax(lines(6000, 4000), RATE, before=before) == 824
    assert edited_tax(lines(10001), RATE, before=before) == 825
    assert edited_tax(lines(10000), Decimal(8), before=before) == 800
    assert edited_tax(lines(10000), None, before=before) == 0
    assert taxable_cents(before.lines) == 10000


def test_a_tax_without_a_rate_cannot_be_worked_out_anew() -> None:
    before = make_invoice_values(lines=lines(10000), tax_cents=825)
    assert edited_tax(lines(10000), None, before=before) == 825
    with pytest.raises(Refused, match="but no rate"):
        edited_tax(lines(10001), None, before=before)
