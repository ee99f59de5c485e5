"""The feed: records applied together, beside one document a call of the services."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from accounting.services.feed import import_lines
from benchmarks.data import operations_origin
from benchmarks.measuring import Result, seconds_of, timed
from invoices.models import Customer
from invoices.services.invoices import approve_invoice, create_invoice
from invoices.services.values import InvoiceValues, LineValues

LINES: Final = 5
SAMPLE: Final = 200
_DAY: Final = date(2026, 2, 3)


def measure_feed(count: int) -> Iterator[Result]:
    """Feed so many finalized invoices of five lines."""
    customer = Customer.objects.order_by("pk")[0]
    naive_seconds = seconds_of(lambda: _one_by_one(customer))
    lines = "".join(
        f"{json.dumps(_record(f'F-{number:07d}', customer))}\n" for number in range(count)
    )
    report, seconds, statements = timed(
        lambda: import_lines(
            io.BytesIO(lines.encode()), source="bench.jsonl", origin=operations_origin()
        )
    )
    if report.created != count:
        raise RuntimeError(f"Of {count} invoices fed, {report.created} were created.")
    yield Result(
        work="feed of invoices of five lines",
        size=count,
        seconds=seconds,
        statements=statements,
        naive="two calls an invoice",
        naive_seconds=naive_seconds * count / SAMPLE,
        naive_sample=SAMPLE,
    )


def _record(number: str, customer: Customer) -> dict[str, Any]:
    return {
        "type": "invoice",
        "number": number,
        "customer": customer.number,
        "date": _DAY.isoformat(),
        "due_date": _DAY.isoformat(),
        "status": "finalized",
        "tax": None,
        "lines": [
            {
                "item": "Labor",
                "description": f"Line {position}",
                "quantity": "2",
                "rate": "75.00",
                "amount": "150.00",
                "taxable": False,
            }
            for position in range(LINES)
        ],
    }


def _one_by_one(customer: Customer) -> None:
    origin = replace(operations_origin(), channel="feed")
    line = LineValues(item="Labor", quantity=Decimal(2), rate=Decimal("75.00"), amount_cents=15_000)
    values = InvoiceValues(date=_DAY, due_date=_DAY, lines=(line,) * LINES)
    for number in range(SAMPLE):
        invoice = create_invoice(
            number=f"ONE-{number:07d}", customer=customer, values=values, origin=origin
        )
        approve_invoice(invoice=invoice, reason="", origin=origin)
