"""The fingerprint of a payment (domain.md §2). Pure.

It covers the rows before netting and capping, so that refunds and other payments do not change it.
Each named invoice adds its number and the fingerprint of its newest frozen revision, because
replacing an invoice in QuickBooks breaks the payment's link to it.
"""

import datetime
import hashlib
import json
from collections.abc import Sequence
from typing import Any

RowContent = tuple[str | None, str | None, int]
"""Number and fingerprint of the named invoice, or None twice; amount in cents."""


def payment_fingerprint(
    *, date: datetime.date, method: str, reference: str, memo: str, rows: Sequence[RowContent]
) -> str:
    """Return the SHA-256, as hexadecimal text, of what a payment says in the files."""
    content: dict[str, Any] = {
        "date": date.isoformat(),
        "method": method,
        "reference": reference,
        "memo": memo,
        "rows": [list(row) for row in rows],
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
