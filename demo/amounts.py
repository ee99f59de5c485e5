"""The arithmetic of made-up invoices; amounts in cents."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from demo.catalogue import Part, Trade
from sera_batching.money import cents_text, parse_cents, round_half_up

Content = dict[str, Any]
"""One record of the feed, as JSON."""


def line_of(trade: Trade, part: Part, day: date, quantity: Decimal) -> Content:
    """Return a line that sells this quantity of a part."""
    return {
        "item": part.item,
        "description": part.description,
        "quantity": f"{quantity.normalize():f}",
        "rate": cents_text(part.price_cents),
        "amount": cents_text(round_half_up(Decimal(part.price_cents).scaleb(-2) * quantity)),
        "taxable": part.is_taxable,
        "class": trade.name,
        "service_date": day.isoformat(),
    }


def sum_of(lines: Sequence[Content]) -> int:
    return sum(parse_cents(line["amount"]) for line in lines)


def total_of(invoice: Content) -> int:
    """Return the total of an invoice record in cents."""
    tax = invoice["tax"]
    return sum_of(invoice["lines"]) + (parse_cents(tax["amount"]) if tax else 0)
