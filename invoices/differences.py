"""What differs between two frozen forms of an invoice, field by field, for people to read. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final

from invoices.fingerprints import shortest
from invoices.models import InvoiceLine, InvoiceRevision
from sera_batching.money import cents_display
from sera_batching.templatetags.sera import day, rate


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after; empty where there was or is nothing."""

    label: str
    before: str
    after: str


def changed(pairs: Iterable[tuple[str, str, str]]) -> list[Difference]:
    """Return each (label, before, after) whose before and after differ."""
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def invoice_differences(before: InvoiceRevision, after: InvoiceRevision) -> list[Difference]:
    """Return what an update changes in QuickBooks, in the order of the invoice's page."""
    old, new = _texts(before), _texts(after)
    fields = changed((label, old[label], new[label]) for label in _LABELS)
    return [*_line_differences(before, after), *fields]


_LABELS: Final = (
    "Date",
    "Due date",
    "Terms",
    "Job",
    "Department",
    "Memo",
    "Message",
    "Tax",
    "Tax rate",
    "Subtotal",
    "Tax amount",
    "Total",
)


def _texts(revision: InvoiceRevision) -> dict[str, str]:
    values = (
        day(revision.date),
        day(revision.due_date),
        revision.terms,
        revision.job.number if revision.job else "",
        revision.department.name if revision.department else "",
        revision.memo,
        revision.message,
        revision.tax_name,
        "" if revision.tax_rate is None else f"{shortest(revision.tax_rate)} %",
        cents_display(revision.subtotal_cents),
        cents_display(revision.tax_cents),
        cents_display(revision.total_cents),
    )
    return dict(zip(_LABELS, values, strict=True))


def line_text(line: InvoiceLine) -> str:
    """Return a line as one line of text."""
    factors = f"{shortest(line.quantity)} \N{MULTIPLICATION SIGN} {rate(line.rate)}"
    parts = (
        line.item,
        line.description,
        f"{factors} = {cents_display(line.amount_cents)}",
        "taxable" if line.is_taxable else "not taxable",
        line.class_name,
        day(line.service_date),
    )
    return " · ".join(part for part in parts if part)


def _line_differences(before: InvoiceRevision, after: InvoiceRevision) -> list[Difference]:
    old = [line_text(line) for line in before.lines.all()]
    new = [line_text(line) for line in after.lines.all()]
    found: list[Difference] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            found += _pairs(old[old_from:old_to], new[new_from:new_to], new_from + 1)
    return found


def _pairs(old: Sequence[str], new: Sequence[str], position: int) -> list[Difference]:
    """Pair the lines that have the same position, old and new."""
    return [
        Difference(_line_label(position + offset, was, now), was, now)
        for offset, (was, now) in enumerate(zip_longest(old, new, fillvalue=""))
    ]


def _line_label(position: int, was: str, now: str) -> str:
    if not was:
        return f"Line {position} added"
    return f"Line {position}" if now else "Line removed"
