"""What the undo window shows: what is released, what depends on the batch, what to reverse."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from accounting.batches.dependencies import Dependency, find_dependencies
from accounting.models import Batch, BatchDownload, BatchItem, Kind, RefundUse
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.workbooks.layouts import FILE_NUMBERS, file_title
from sera_batching.money import cents_text
from sera_batching.spreadsheets import csv_lines, safe_text

_REMEDIES: Final[dict[str, str]] = {
    Kind.INVOICE_INSERT: "Delete this invoice in QuickBooks.",
    Kind.INVOICE_UPDATE: "Change this invoice back to what batch {previous} sent.",
    Kind.CREDIT_MEMO: "Delete this credit memo in QuickBooks.",
    Kind.PAYMENT_INSERT: "Delete this payment in QuickBooks.",
    Kind.PAYMENT_UPDATE: "Change this payment back to what batch {previous} sent.",
    Kind.JOURNAL: "Delete this journal entry in QuickBooks.",
}

HEADER: Final = ("Batch", "File", "Number", "Customer", "Date", "Amount", "What to do")


@dataclass(frozen=True, slots=True)
class KindTotal:
    """The documents of one kind that are released; cents are what the batch sent."""

    kind: str
    document_count: int
    total_cents: int
    newer_count: int
    """How many of them have a newer version now; that version will be batched."""

    @property
    def label(self) -> str:
        return Kind(self.kind).label


@dataclass(frozen=True, slots=True)
class Reversal:
    """One thing that a person must reverse in QuickBooks if the file was loaded."""

    batch_id: int
    file_number: int
    number: str
    customer: str
    date: date
    amount_cents: int
    what_to_do: str


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What the undo window shows, for a batch alone and with its dependents."""

    batch: Batch
    dependents: tuple[Batch, ...]
    """Newest first: the order in which they would be undone before the batch."""
    dependencies: tuple[Dependency, ...]
    returns: tuple[KindTotal, ...]
    returns_with_dependents: tuple[KindTotal, ...]
    refunds_freed_count: int
    """Refunds netted in payments of all these batches, released with them."""
    download_count: int
    """How often a zip of any of these batches was downloaded."""
    last_download: BatchDownload | None

    @property
    def together(self) -> list[Batch]:
        """All that would be undone, newest first."""
        return [*self.dependents, self.batch]

    @property
    def has_zip(self) -> bool:
        """Whether there is a zip that somebody may have loaded, of the batch or a dependent."""
        return bool(with_zip(self.together))

    def reversals(self, *, with_dependents: bool = False) -> Iterator[Reversal]:
        """Yield what to reverse in QuickBooks, newest batch and last file first."""
        return list_reversals(self.together if with_dependents else [self.batch])


def plan_undo(batch: Batch) -> UndoPlan:
    """Return what undoing a batch would do; changes nothing."""
    dependencies = find_dependencies(batch)
    ids = {dependency.later_id for dependency in dependencies}
    dependents = tuple(Batch.objects.filter(pk__in=ids).order_by("-pk"))
    together = [*dependents, batch]
    returns = count_returns([batch])
    downloads = BatchDownload.objects.filter(batch__in=together).select_related("user")
    return UndoPlan(
        batch=batch,
        dependents=dependents,
        dependencies=dependencies,
        returns=returns,
        returns_with_dependents=count_returns(together) if dependents else returns,
        refunds_freed_count=count_freed_refunds(together),
        download_count=downloads.count(),
        last_download=downloads.first(),
    )


def with_zip(batches: Iterable[Batch]) -> list[Batch]:
    """Return the batches that have a zip; nothing else can have been loaded."""
    return [batch for batch in batches if batch.has_zip]


def list_reversals(batches: list[Batch]) -> Iterator[Reversal]:
    """Yield what to reverse in QuickBooks, in the order in which it can be: last loaded first."""
    for batch in sorted(batches, key=lambda each: -each.pk):
        for kind in sorted(FILE_NUMBERS, key=lambda name: -FILE_NUMBERS[name]):
            rows = BatchItem.objects.filter(batch=batch, kind=kind).order_by("position")
            for number, customer, day, cents, previous in rows.values_list(
                "number", "party__accounting_key", "date", "amount_cents", "previous__batch_id"
            ).iterator():
                yield Reversal(
                    batch_id=batch.pk,
                    file_number=FILE_NUMBERS[kind],
                    number=number,
                    customer=customer,
                    date=day,
                    amount_cents=cents,
                    what_to_do=_REMEDIES[kind].format(previous=previous),
                )


def count_freed_refunds(batches: list[Batch]) -> int:
    """Return how many refunds netted in payments are, or were, released with the batches."""
    return RefundUse.objects.filter(item__batch__in=batches, use=RefundUse.Use.NETTED).count()


def count_documents(batches: list[Batch]) -> int:
    """Return how many documents are released; one that is in two of the batches counts once."""
    items = BatchItem.objects.filter(batch__in=batches).order_by()
    return items.values("invoice", "payment", "refund", "credit_memo").distinct().count()


def count_returns(batches: list[Batch]) -> tuple[KindTotal, ...]:
    """Return what is, or was, released with these batches, by kind in file order."""
    newer = (Q(kind__in=INVOICE_KINDS) & ~Q(invoice__current_revision=F("invoice_revision"))) | (
        Q(kind__in=PAYMENT_KINDS) & ~Q(payment__current_revision=F("payment_revision"))
    )
    totals: dict[str, KindTotal] = {}
    rows = (
        BatchItem.objects.filter(batch__in=batches)
        .order_by()
        .values("kind")
        .annotate(
            count=Count("pk"),
            cents=Coalesce(Sum("amount_cents"), 0),
            newer_count=Count("pk", filter=newer),
        )
    )
    for kind, count, cents, newer_count in rows.values_list(
        "kind", "count", "cents", "newer_count"
    ):
        totals[kind] = KindTotal(kind, count, cents, newer_count)
    return tuple(totals[kind] for kind in FILE_NUMBERS if kind in totals)


def reversal_lines(reversals: Iterable[Reversal]) -> Iterator[str]:
    """Yield the lines of the file, header first."""
    return csv_lines(
        HEADER,
        (
            (
                reversal.batch_id,
                file_title(reversal.file_number),
                safe_text(reversal.number),
                safe_text(reversal.customer),
                reversal.date.isoformat(),
                cents_text(reversal.amount_cents),
                reversal.what_to_do,
            )
            for reversal in reversals
        ),
    )
