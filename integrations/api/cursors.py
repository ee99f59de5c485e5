"""Cursors: the start of the next page, opaque to clients, stable while rows come and go."""

import base64
import binascii
import json
from typing import Any

from integrations.api.problems import INVALID, Problem


def write_cursor(place: list[Any]) -> str:
    """Return a position in a list as text for a URL."""
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, types: tuple[type, ...]) -> list[Any]:
    """Return a cursor's position; a Problem unless the cursor is one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if (
        not isinstance(place, list)
        or len(place) != len(types)
        or not all(type(value) is wanted for value, wanted in zip(place, types, strict=True))
        or any(isinstance(value, str) and not value.isprintable() for value in place)
        or any(isinstance(value, int) and not 0 <= value < 2**63 for value in place)
    ):
        raise Problem(
            INVALID,
            "query.cursor: isn't a valid cursor; take it from `next_cursor` of the previous page",
            more={"errors": [{"field": "query.cursor", "reason": "isn't a valid cursor"}]},
        )
    return place
