"""The feed: records applied together, against one service call per document."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from benchmarks.data import operations_origin
from benchmarks.measuring import Result, seconds_of, timed
from feed.importer import import_lines
from invoices.models import Customer
from invoices.services.invoices import approve_invoice, create_invoice
from invoices.services.parties import CustomerValues, save_customer, save_job
from invoices.services.values import InvoiceValues, LineValues
from payments.services.checks import PaymentValues
from payments.services.payments import take_payment

LINES: Final = 5
LINE_CENTS: Final = 15_000
SAMPLE: Final = 200
_DAY: Final = date(2026, 2, 3)

Content = dict[str, Any]


def measure_feed(count: int) -> Iterator[Result]:
    """Feed so many finalized invoices of five lines; then so many visits of new customers."""
    customer = Customer.objects.order_by("pk")[0].number
    yield _measure(
        "feed of invoices of five lines",
        (_invoice(f"F-{number:07d}", customer) for number in range(count)),
        count=count,
        naive="two calls an invoice",
        naive_way=lambda: _invoices_one_by_one(customer),
    )
    yield _measure(
        "feed of customer, job, invoice, payment in turn",
        (record for number in range(count) for record in _visit(f"V-{number:07d}")),
        count=4 * count,
        naive="a call a record, two an invoice",
        naive_way=_visits_one_by_one,
    )


def _measure(
    work: str,
    records: Iterable[Content],
    *,
    count: int,
    naive: str,
    naive_way: Callable[[], int],
) -> Result:
    """Feed the records, and compare with the naive way, which returns how many it wrote."""
    written: list[int] = []
    naive_seconds = seconds_of(lambda: written.append(naive_way()))
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    report, seconds, statements = timed(
        lambda: import_lines(
            io.BytesIO(lines.encode()), source="bench.jsonl", origin=operations_origin()
        )
    )
    if report.created != count:
        raise RuntimeError(f"Of {count} records fed, {report.created} were created.")
    return Result(
        work=work,
        size=count,
        seconds=seconds,
        statements=statements,
        naive=naive,
        naive_seconds=naive_seconds * count / written[0],
        naive_sample=written[0],
    )


def _visit(number: str) -> Iterator[Content]:
    yield {"type": "customer", "number": number, "name": f"Visited {number}"}
    yield {"type": "job", "number": number, "customer": number}
    yield {**_invoice(number, number), "job": number}
    amount = f"{LINES * LINE_CENTS // 100}.00"
    yield {
        "type": "payment",
        "number": number,
        "customer": number,
        "job": number,
        "date": _DAY.isoformat(),
        "method": "check",
        "settled": True,
        "amount": amount,
        "allocations": [{"invoice": number, "amount": amount}],
    }


def _invoice(number: str, customer: str) -> Content:
    return {
        "type": "invoice",
        "number": number,
        "customer": customer,
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


def _invoice_values() -> InvoiceValues:
    line = LineValues(
        item="Labor", quantity=Decimal(2), rate=Decimal("75.00"), amount_cents=LINE_CENTS
    )
    return InvoiceValues(date=_DAY, due_date=_DAY, lines=(line,) * LINES)


def _invoices_one_by_one(customer_number: str) -> int:
    origin = replace(operations_origin(), channel="feed")
    customer = Customer.objects.get(number=customer_number)
    for number in range(SAMPLE):
        invoice = create_invoice(
            number=f"ONE-{number:07d}", customer=customer, values=_invoice_values(), origin=origin
        )
        approve_invoice(invoice=invoice, reason="", origin=origin)
    return SAMPLE


def _visits_one_by_one() -> int:
    origin = replace(operations_origin(), channel="feed")
    for index in range(SAMPLE):
        number = f"ALONE-{index:07d}"
        customer = save_customer(
            number=number, values=CustomerValues(name=f"Alone {number}"), origin=origin
        )
        job = save_job(
            number=number, customer=customer, department=None, is_imported=False, origin=origin
        )
        values = replace(_invoice_values(), job=job)
        invoice = create_invoice(number=number, customer=customer, values=values, origin=origin)
        approve_invoice(invoice=invoice, reason="", origin=origin)
        cents = LINES * LINE_CENTS
        take_payment(
            number=number,
            customer=customer,
            values=PaymentValues(
                job=job,
                date=_DAY,
                method="check",
                amount_cents=cents,
                allocations=((invoice, cents),),
            ),
            is_settled=True,
            origin=origin,
        )
    return 4 * SAMPLE
