"""How long documents have been unbatched, and what blocks them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.rows import (
    INVOICES_TAB,
    PAYMENTS_TAB,
    ROW_COLUMNS,
    UnbatchedRow,
    sources,
    unbatched_payments,
)
from payments.models import Allocation

BANDS: Final[tuple[tuple[int | None, str], ...]] = (
    (7, "up to 7 days"),
    (30, "8 to 30 days"),
    (60, "31 to 60 days"),
    (90, "61 to 90 days"),
    (None, "more than 90 days"),
)
"""The highest age in days of a band, and its label."""
BLOCKED_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Amount:
    """Number of documents, and their total in cents."""

    count: int = 0
    cents: int = 0


NOTHING: Final = Amount()


@dataclass(frozen=True, slots=True)
class Band:
    """What is unbatched in an age band, by the documents' own dates."""

    label: str
    invoices: Amount
    payments: Amount


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What waits on Unbatched."""

    bands: tuple[Band, ...]
    invoices: Amount
    payments: Amount
    oldest: date | None
    blocked_count: int


@dataclass(frozen=True, slots=True)
class BlockedRow:
    """A document that a check blocks, with every reason."""

    row: UnbatchedRow
    reasons: list[str]


class _Group(NamedTuple):
    band: int
    row_count: int
    cents: int
    blocked_count: int
    oldest: date


def open_work(*, profile: str, today: date) -> OpenWork:
    """Return what is unbatched by age on a day; four statements, whatever there is.

    Amounts are as Unbatched shows them: an update counts with its whole amount.
    """
    by_tab = {tab: _groups(tab, profile, today) for tab in (INVOICES_TAB, PAYMENTS_TAB)}
    everything = [group for groups in by_tab.values() for group in groups]
    bands = tuple(
        Band(
            label,
            _sum(by_tab[INVOICES_TAB], position),
            _sum(by_tab[PAYMENTS_TAB], position),
        )
        for position, (_, label) in enumerate(BANDS)
    )
    return OpenWork(
        bands=bands,
        invoices=_sum(by_tab[INVOICES_TAB]),
        payments=_sum(by_tab[PAYMENTS_TAB]),
        oldest=min((group.oldest for group in everything), default=None),
        blocked_count=sum(group.blocked_count for group in everything),
    )


def _groups(tab: str, profile: str, today: date) -> list[_Group]:
    band = Case(
        *(
            When(row_date__gte=today - timedelta(days=days), then=Value(position))
            for position, (days, _) in enumerate(BANDS)
            if days is not None
        ),
        default=Value(len(BANDS) - 1),
        output_field=IntegerField(),
    )
    groups: list[_Group] = []
    for source in sources(tab, profile).values():
        counted = (
            source.annotate(band=band)
            .values("band")
            .annotate(
                row_count=Count("pk"),
                cents=Coalesce(Sum("row_amount_cents"), 0),
                blocked_count=Count("pk", filter=Q(row_is_blocked=True)),
                oldest=Min("row_date"),
            )
        )
        groups += [_Group(*values) for values in counted.values_list(*_Group._fields)]
    return groups


def _sum(groups: list[_Group], band: int | None = None) -> Amount:
    wanted = [group for group in groups if band is None or group.band == band]
    return Amount(sum(group.row_count for group in wanted), sum(group.cents for group in wanted))


def deposits_open(*, profile: str) -> Amount:
    """Return the unbatched payments that name no invoice: they go with a blank invoice number."""
    named = Allocation.objects.filter(revision=OuterRef("row_payment_revision_id"))
    found = (
        unbatched_payments(profile)
        .filter(~Exists(named))
        .aggregate(count=Count("pk"), cents=Coalesce(Sum("row_amount_cents"), 0))
    )
    return Amount(found["count"], found["cents"])


def blocked_rows(*, profile: str) -> list[BlockedRow]:
    """Return the oldest blocked documents, each with its reasons."""
    rows = [row for tab in (INVOICES_TAB, PAYMENTS_TAB) for row in _oldest_blocked(tab, profile)]
    rows = sorted(rows, key=lambda row: (row.date, row.number))[:BLOCKED_SHOWN]
    reasons = block_reasons(rows, profile)
    return [BlockedRow(row, reasons.get((row.document, row.document_id), [])) for row in rows]


def _oldest_blocked(tab: str, profile: str) -> list[UnbatchedRow]:
    first, second = (_blocked(source) for source in sources(tab, profile).values())
    union = first.union(second, all=True).order_by("row_date", "row_number")[:BLOCKED_SHOWN]
    return [UnbatchedRow(*values) for values in union]


def _blocked(source: QuerySet[Any]) -> QuerySet[Any]:
    return source.filter(row_is_blocked=True).values_list(*ROW_COLUMNS)
