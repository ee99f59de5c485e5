"""Every batch that a document was in, live or undone, and what became of that batch."""

from collections import defaultdict
from typing import Final

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounting.batches.timeline import facts_of, what_of, who_of
from accounting.models import Batch, BatchItem, Kind, RefundUse
from accounting.workbooks.layouts import FILE_NUMBERS
from backoffice.timeline.entries import Entry, Topic, first_rows, link_to_batch
from sera_batching.models import AuditEvent, User
from sera_batching.money import cents_display

_UNDOING: Final = ("batch.undone", "batch.released")
_TICKS: Final = ("batch.file_loaded", "batch.file_not_loaded")


def batch_ids_of(which: Q) -> dict[int, set[str]]:
    """Return batch id → the kinds in which it has these items; one statement."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for batch_id, kind in BatchItem.objects.filter(which).values_list("batch_id", "kind"):
        kinds[batch_id].add(kind)
    return kinds


def batch_entries(
    which: Q, kinds: dict[int, set[str]], reader: User, newest: int | None
) -> list[Entry]:
    """Return being claimed, and what happened to those batches since; three statements."""
    items = (
        BatchItem.objects.filter(which)
        .select_related("batch__created_by", "invoice_revision", "payment_revision")
        .prefetch_related("refund_uses__refund")
        .order_by("-batch_id", "-pk")
    )
    claimed = [_claim(item, reader) for item in first_rows(items, newest)]
    if not kinds:
        return claimed
    events = [_event(event) for event in first_rows(_events_of(kinds), newest)]
    return [*events, *claimed]


def _claim(item: BatchItem, reader: User) -> Entry:
    batch = item.batch
    subject = f"{item.number} " if item.kind in (Kind.JOURNAL, Kind.CREDIT_MEMO) else ""
    name = "the Opening batch" if batch.is_opening else f"batch {batch.pk}"
    facts = (
        ["It was in the books before this application was used."]
        if batch.is_opening
        else _sent(item)
    )
    return Entry(
        at=batch.created_at,
        topic=Topic.BATCH,
        what=f"{item.get_kind_display()} {subject}in {name}",
        who=batch.created_by.get_username(),
        amount_cents=item.amount_cents,
        facts=facts,
        links=[link_to_batch(batch, reader)],
        rows_url=_rows_url(item, reader),
        is_taken_back=not item.is_live,
    )


def _sent(item: BatchItem) -> list[str]:
    if item.kind == Kind.JOURNAL:
        return []
    revision = item.invoice_revision or item.payment_revision
    verb = "restated" if item.kind == Kind.CREDIT_MEMO else "sent"
    sent = [f"Revision {revision.sequence} was {verb}."] if revision else []
    return [*sent, *map(_netted, item.refund_uses.all())]


def _netted(use: RefundUse) -> str:
    return f"Less refund {use.refund.number}: {cents_display(use.amount_cents)}."


def _rows_url(item: BatchItem, reader: User) -> str:
    if item.batch.is_opening or not reader.has_perm("accounting.view_batch"):
        return ""
    return reverse("accounting:batch_document", args=[item.batch_id, item.pk])


def _events_of(kinds: dict[int, set[str]]) -> QuerySet[AuditEvent]:
    """Return what happened to the batches; of their files only those with rows of the document."""
    batches = Q(target_type=Batch._meta.label_lower, target_id__in=[str(pk) for pk in kinds])
    ticked: dict[int, list[str]] = defaultdict(list)
    for batch_id, of_batch in kinds.items():
        for kind in of_batch:
            ticked[FILE_NUMBERS[kind]].append(str(batch_id))
    ticks = Q(pk__in=[])
    for number, ids in ticked.items():
        ticks |= Q(target_id__in=ids, after__file__startswith=f"{number} ")
    events = AuditEvent.objects.filter(batches).exclude(action="batch.confirmed")
    return events.filter(~Q(action__in=_TICKS) | ticks).order_by("-pk")


def _event(event: AuditEvent) -> Entry:
    return Entry(
        at=event.at,
        topic=Topic.UNDO if event.action in _UNDOING else Topic.BATCH,
        what=f"Batch {event.target_id}: {what_of(event).lower()}",
        who=who_of(event),
        why=event.note,
        facts=[f"{fact[:1].upper()}{fact[1:]}." for fact in facts_of(event)],
    )
