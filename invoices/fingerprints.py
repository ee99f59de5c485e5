"""The fingerprint of an invoice: a hash over its canonical content (domain.md §2). Pure.

Two revisions with the same fingerprint have the same content, whenever and on whichever database
they were frozen. The job goes in by number and the department by name, because these never change;
primary keys differ between databases. The invoice's number and customer are its identity, so they
are left out. So are the accounting key, addresses and e-mail.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any

from invoices.services.values import InvoiceValues, LineValues


def invoice_fingerprint(values: InvoiceValues) -> str:
    """Return the SHA-256, as hexadecimal text, of all that an invoice's revision freezes."""
    canonical = json.dumps(
        invoice_content(values), sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def invoice_content(values: InvoiceValues) -> dict[str, Any]:
    """Return all that an invoice says as JSON: amounts in cents, other numbers as shortest text."""
    return {
        "job": values.job.number if values.job else None,
        "department": values.department.name if values.department else None,
        "date": values.date.isoformat(),
        "due_date": values.due_date.isoformat(),
        "terms": values.terms,
        "memo": values.memo,
        "message": values.message,
        "tax_name": values.tax_name,
        "tax_rate": None if values.tax_rate is None else shortest(values.tax_rate),
        "tax_cents": values.tax_cents,
        "subtotal_cents": values.subtotal_cents,
        "total_cents": values.total_cents,
        "lines": [_line_content(line) for line in values.lines],
    }


def _line_content(line: LineValues) -> dict[str, Any]:
    return {
        "item": line.item,
        "description": line.description,
        "quantity": shortest(line.quantity),
        "rate": shortest(line.rate),
        "amount_cents": line.amount_cents,
        "is_taxable": line.is_taxable,
        "class": line.class_name,
        "service_date": line.service_date.isoformat() if line.service_date else None,
    }


def shortest(value: Decimal) -> str:
    """Return a number without trailing zeros: 1.500000 and 1.5 are both "1.5", -0.00 is "0"."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
