"""How long a number, a name and a text may be, by profile (workbooks.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accounting.records.documents import DESKTOP, ONLINE

LONGEST_TEXT: Final = 16_383
"""Used where QuickBooks names no limit: half of what a cell holds, so that any script fits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many characters QuickBooks takes; None where it names no limit."""

    document_number: int
    payment_number: int
    customer: int
    name_level: int
    """Of an item, class, tax code or account: one name between the colons."""
    name_path: int
    """Of the same: all names with their colons."""
    terms: int
    memo: int
    message: int | None
    address_line: int
    city: int
    state: int
    postal_code: int
    country: int


LIMITS: Final[Mapping[str, Limits]] = {
    ONLINE: Limits(
        document_number=21,
        payment_number=21,
        customer=100,
        name_level=100,
        name_path=100,
        terms=31,
        memo=4000,
        message=1000,
        address_line=500,
        city=255,
        state=255,
        postal_code=31,
        country=255,
    ),
    DESKTOP: Limits(
        document_number=11,
        payment_number=20,
        # A customer's key has no levels, so the limit of one level is the whole.
        customer=41,
        name_level=31,
        name_path=159,
        terms=31,
        memo=4095,
        message=None,
        address_line=41,
        city=31,
        state=21,
        postal_code=13,
        country=31,
    ),
}


def cut(text: str, limit: int | None) -> str:
    """Return at most `limit` characters of a memo, message or address; names are never cut."""
    return text[: LONGEST_TEXT if limit is None else limit]
