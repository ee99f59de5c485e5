"""Mistakes in the demo company: one document for each check that blocks or warns.

Like the stories, each docstring says what Unbatched shows.
"""

from decimal import Decimal
from typing import Final

from demo.amounts import Content, line_of
from demo.catalogue import TRADES, Trade
from demo.script import Phase, Script

HVAC, PLUMBING, ELECTRICAL, DRAINS = TRADES
CLOSED_UP_TO: Final = Phase.OPENING.value.last
"""The closing date of the books: everything before our first batch is reported."""


def a_number_too_long(script: Script) -> None:
    """A blocked invoice."""
    script.invoice(Phase.SINCE, number="WO-2026-11-AUSTIN-000417", trade=DRAINS)


def a_half_written_item(script: Script) -> None:
    """A blocked invoice: `Parent:Child` without the child."""
    invoice = script.invoice(Phase.SINCE, trade=HVAC)
    lines = [{**invoice["lines"][0], "item": "HVAC parts:"}, *invoice["lines"][1:]]
    script.again(Phase.SINCE, invoice, lines=lines)


def a_due_date_of_last_year(script: Script) -> None:
    """A blocked invoice: its year is wrong."""
    script.invoice(Phase.SINCE, trade=PLUMBING, due_date="2025-12-15")


def a_tax_on_nothing(script: Script) -> None:
    """A blocked invoice: its lines became exempt, but its tax stayed."""
    customer = next(one for one in script.customers if not one["tax_exempt"])
    invoice = script.invoice(
        Phase.SINCE, customer=customer, trade=ELECTRICAL, lines=[_part(ELECTRICAL)]
    )
    lines = [{**line, "taxable": False} for line in invoice["lines"]]
    script.again(Phase.SINCE, invoice, lines=lines)


def paperwork_for_a_closed_month(script: Script) -> None:
    """A blocked invoice and a blocked payment: both are dated in the closed period."""
    day = CLOSED_UP_TO.isoformat()
    invoice = script.invoice(Phase.SINCE, trade=DRAINS, date=day, due_date=day)
    script.payment(Phase.SINCE, invoice, date=day, method="check", memo="Found in the van")


def two_addresses_in_one(script: Script) -> None:
    """An invoice insert with a warning: the e-mail address is left out."""
    customer = script.customer("Ortiz & Daughters", email="ana@example.com; luz@example.com")
    script.invoice(Phase.SINCE, customer=customer, trade=DRAINS)


def a_service_address_without_postal_code(script: Script) -> None:
    """An invoice insert with a warning: QuickBooks Online calculates tax from the address."""
    address = {**script.customers[0]["billing_address"], "line1": "Lot 4, FM 150"}
    customer = script.customer(
        "Hilltop Barn Venue", service_address={**address, "postal_code": ""}, tax_exempt=False
    )
    script.invoice(Phase.SINCE, customer=customer, trade=ELECTRICAL, lines=[_part(ELECTRICAL)])


def _part(trade: Trade) -> Content:
    return line_of(trade, trade.parts[0], Phase.SINCE.value.first, Decimal(1))


MISTAKES: Final = (
    a_number_too_long,
    a_half_written_item,
    a_due_date_of_last_year,
    a_tax_on_nothing,
    paperwork_for_a_closed_month,
    two_addresses_in_one,
    a_service_address_without_postal_code,
)
