"""Imports records in tests: the examples of feed.md, and their results."""

import io
import json
from dataclasses import dataclass
from typing import Any

from feed.chunks import FeedReport
from feed.importer import import_lines
from feed.parsing import Problem
from invoices.tests.factories import make_origin
from sera_batching.origin import Origin

Content = dict[str, Any]

ADDRESS: Content = {
    "line1": "1 Elm St",
    "line2": "",
    "city": "Austin",
    "state": "TX",
    "postal_code": "78701",
    "country": "US",
}
LINE: Content = {
    "item": "Repair",
    "description": "Capacitor",
    "quantity": "1.5",
    "rate": "100.00",
    "amount": "150.00",
    "taxable": True,
    "class": "HVAC",
    "service_date": "2026-11-01",
}
TAX: Content = {"code": "Austin", "rate": "8.25", "amount": "12.38"}


@dataclass(frozen=True)
class Fed:
    """The result of a feed."""

    report: FeedReport
    problems: list[Problem]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Created, changed, unchanged, refused."""
        return tuple(self.report.to_json().values())  # type: ignore[return-value]

    @property
    def problem(self) -> tuple[int, str, str]:
        """The only problem: its line, field and reason."""
        (problem,) = self.problems
        return problem.line, problem.field, problem.reason


def department(name: str = "HVAC", **changes: Any) -> Content:
    return {
        "type": "department",
        "name": name,
        "timezone": "America/Chicago",
        "default_item": "HVAC service",
        "default_class": "HVAC",
        "terms": "Net 30",
        "archived": False,
        **changes,
    }


def customer(number: str = "C-1001", **changes: Any) -> Content:
    return {
        "type": "customer",
        "number": number,
        "name": "Jane Doe",
        "email": "jane@example.com",
        "billing_address": ADDRESS,
        "service_address": None,
        "tax_exempt": False,
        **changes,
    }


def job(number: str = "J-55", **changes: Any) -> Content:
    return {
        "type": "job",
        "number": number,
        "customer": "C-1001",
        "department": "HVAC",
        "imported": False,
        **changes,
    }


def invoice(number: str = "10023", **changes: Any) -> Content:
    return {
        "type": "invoice",
        "number": number,
        "customer": "C-1001",
        "job": "J-55",
        "department": "HVAC",
        "status": "finalized",
        "date": "2026-11-02",
        "due_date": "2026-12-02",
        "terms": "Net 30",
        "memo": "",
        "message": "Thank you",
        "tax": TAX,
        "lines": [LINE],
        **changes,
    }


def invoice_action(action: str, number: str = "10023", note: str = "disputed") -> Content:
    return {"type": "invoice_action", "invoice": number, "action": action, "note": note}


def payment(number: str = "P-900", **changes: Any) -> Content:
    return {
        "type": "payment",
        "number": number,
        "customer": "C-1001",
        "job": "J-55",
        "date": "2026-11-03",
        "method": "card",
        "amount": "162.38",
        "reference": "4242",
        "memo": "",
        "settled": True,
        "allocations": [{"invoice": "10023", "amount": "162.38"}],
        **changes,
    }


def payment_action(action: str, number: str = "P-900", note: str = "entered twice") -> Content:
    return {"type": "payment_action", "payment": number, "action": action, "note": note}


def refund(number: str = "R-12", **changes: Any) -> Content:
    return {
        "type": "refund",
        "number": number,
        "payment": "P-900",
        "date": "2026-11-05",
        "amount": "50.00",
        "method": "card",
        "memo": "goodwill",
        **changes,
    }


def credit_memo(number: str = "CM-7", **changes: Any) -> Content:
    return {
        "type": "credit_memo",
        "number": number,
        "invoice": "10023",
        "date": "2024-01-10",
        **changes,
    }


def batched_before(kind: str, number: str) -> Content:
    return {"type": "batched_before", "kind": kind, "number": number}


BASE = (department(), customer(), job())
"""The records that an invoice refers to."""


def as_lines(*records: Content | str | bytes) -> bytes:
    """Return the records as a feed; text and bytes are lines as they are."""
    lines = []
    for record in records:
        if isinstance(record, dict):
            record = json.dumps(record)
        lines.append(record.encode() if isinstance(record, str) else record)
    return b"\n".join(lines) + b"\n"


def feed(
    *records: Content | str | bytes,
    origin: Origin | None = None,
    source: str = "march.jsonl",
    **options: bool,
) -> Fed:
    """Import the records; return the report and the problems."""
    problems: list[Problem] = []
    report = import_lines(
        io.BytesIO(as_lines(*records)),
        source=source,
        origin=origin or make_origin(),
        on_problem=problems.append,
        **options,
    )
    return Fed(report, problems)
