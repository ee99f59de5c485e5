"""The phases of the demo as one feed, which may be imported repeatedly."""

from collections.abc import Iterator, Sequence
from typing import Final

from demo.amounts import Content

_ORDER: Final = {
    record_type: place
    for place, record_types in enumerate(
        (
            ("department",),
            ("customer",),
            ("job",),
            ("invoice",),
            # A payment may use the open balance that an earlier refund has left.
            ("payment", "refund"),
            ("credit_memo",),
            ("batched_before",),
            ("invoice_action", "payment_action"),
        )
    )
    for record_type in record_types
}


def as_one_feed(phases: Sequence[Sequence[Content]]) -> Iterator[Content]:
    """Yield each record once, in its last version, after everything that it refers to."""
    last: dict[tuple[str, ...], Content] = {}
    for records in phases:
        for record in records:
            last[_identity(record)] = record
    yield from sorted(
        last.values(),
        key=lambda record: (
            _ORDER[record["type"]],
            record["date"] if record["type"] in ("payment", "refund") else "",
        ),
    )


def _identity(record: Content) -> tuple[str, ...]:
    """Return the key shared by records about one document, or about one action on it."""
    if "number" in record:
        return record["type"], record.get("kind", ""), record["number"]
    return tuple(str(record.get(name)) for name in ("type", "name", "invoice", "payment", "action"))
