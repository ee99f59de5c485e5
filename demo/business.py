"""What happens in the demo company: everyday business, and the stories."""

from typing import Final

from demo.amounts import Content, total_of
from demo.catalogue import ARCHIVED_TRADE, TRADES
from demo.mistakes import MISTAKES
from demo.script import Phase, Script
from demo.stories import STORIES

FEWEST_INVOICES: Final = 60
CUSTOMERS_AN_INVOICE: Final = 0.4
ENDS: Final = {Phase.OPENING: 0.1, Phase.FIRST: 0.5, Phase.SECOND: 0.75, Phase.SINCE: 1.0}
"""Phase → the share of the everyday invoices that exist at its end."""


def tell(script: Script, invoices: int) -> None:
    """Write all records, with about this many invoices."""
    for trade in (*TRADES, ARCHIVED_TRADE):
        script.department(trade)
    # Two customers with the same name: the second gets a numbered accounting key.
    script.customer("Jane Doe")
    script.customer("Jane Doe")
    for _ in range(int(invoices * CUSTOMERS_AN_INVOICE)):
        script.customer()
    for story in (*STORIES, *MISTAKES):
        story(script)
    everyday_business(script, invoices - script.count("invoice"))


def everyday_business(script: Script, invoices: int) -> None:
    """Invoice and payment inserts; most of the invoices are paid within a few days."""
    for number in range(invoices):
        phase = next(phase for phase, end in ENDS.items() if number < invoices * end)
        invoice = script.invoice(phase)
        total = total_of(invoice)
        if total == 0 or script.random.random() < 0.25:
            _open_with(script, phase, invoice)
            continue
        part = script.random.choice((total, total, total, total // 2 + 1))
        payment = script.payment(phase, invoice, shares=[part])
        _open_with(script, phase, invoice, payment)


def _open_with(script: Script, phase: Phase, *records: Content) -> None:
    if phase is Phase.OPENING:
        for record in records:
            script.batched_before(record)
