"""Draft batches: what the user saw when the confirmation window opened (domain.md §4, §5)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounting.batches.settings import settings_of
from accounting.checks.settings import check_draft_against_settings
from accounting.models import CandidatePayment, Draft, DraftItem, UnbatchedInvoice
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.blocking import CUSTOMER_KEYS
from accounting.unbatched.filters import Filters
from accounting.unbatched.flags import key_of
from accounting.unbatched.missing_invoices import includable_invoices, missing_of_draft
from accounting.unbatched.rows import (
    INVOICES_TAB,
    ROW_COLUMNS,
    TABS,
    UnbatchedRow,
    every_source,
)
from accounting.unbatched.selection import NamedDocuments, SelectionRule, selected_sources
from accounting.unbatched.selection_changes import tick_documents
from invoices.models import Customer
from sera_batching.batch_names import name_by_pattern
from sera_batching.database.sql import insert_from, refresh_statistics
from sera_batching.exceptions import Refused
from sera_batching.models import Company
from sera_batching.origin import Origin

LISTED_AT_MOST: Final = 200
"""How many left-out documents a draft names; it only counts the rest."""

_ITEM_COLUMNS: Final[Mapping[str, object]] = {
    "kind": F("row_kind"),
    "number": F("row_number"),
    "date": F("row_date"),
    "department_id": F("row_department_id"),
    "amount_cents": F("row_amount_cents"),
    "fingerprint": F("row_fingerprint"),
    "invoice_revision": F("row_invoice_revision_id"),
    "payment_revision": F("row_payment_revision_id"),
    "previous": F("row_previous_id"),
    "is_constrained": False,
}


def suggest_name(company: Company, now: datetime) -> str:
    """Return a name by the company's pattern, by default `Batch_YYYY-MM-DD_HHMM` in its time
    zone."""
    return name_by_pattern(company.batch_name_pattern, now.astimezone(company.zone))


@transaction.atomic
def make_draft(
    *, origin: Origin, choice: SelectionRule, filters: Filters, as_of: datetime | None = None
) -> Draft:
    """Take a snapshot of the selected rows that match the filters, as they were at `as_of`.

    Nothing that changed or arrived later is included: changed documents are named as left out, and
    the preview counts arrivals. Raises Refused when nothing is left to batch.
    """
    origin.require("accounting.make_batch")
    company = Company.current()
    now = timezone.now()
    draft = Draft.objects.create(
        user=origin.user,
        filters=filters.to_json(),
        suggested_name=suggest_name(company, now),
        as_of=min(as_of or now, now),
    )
    matching = filters.condition()
    left_out: list[dict[str, str]] = []
    for tab in TABS:
        selected = selected_sources(tab, profile=company.profile, choice=choice)
        for document, source in selected.items():
            if not source.model._default_manager.exists():
                continue
            _draft_rows(draft, document, source.filter(matching, row_is_selected=True))
            left_out += _left_out(draft, source.filter(matching, is_ticked=True), company.profile)
    follow_merged_customers(draft)
    left_out += _take_out_misfits(draft, company)
    if not draft.items.exists():
        raise Refused(_why_nothing(choice, filters, company.profile, left_out))
    refresh_statistics(DraftItem, keys_only=True)
    draft.left_out = left_out[:LISTED_AT_MOST]
    draft.save(update_fields=["left_out"])
    return draft


def _draft_rows(draft: Draft, document: str, source: QuerySet[Any]) -> int:
    """Copy the rows of a source that existed at the draft's moment; one statement.

    Reads no customer; `follow_merged_customers` replaces merged ones afterwards.
    """
    columns = {
        "draft": draft,
        document: F("pk"),
        "customer": F(CUSTOMER_KEYS[source.model]),
        **_ITEM_COLUMNS,
    }
    return insert_from(DraftItem, source.filter(row_changed_at__lte=draft.as_of), columns)


def _left_out(draft: Draft, ticked: QuerySet[Any], profile: str) -> list[dict[str, str]]:
    """Name the selected rows that are blocked, and those that changed after the user saw them."""
    is_left_out = Q(row_is_blocked=True)
    if ticked.model in (UnbatchedInvoice, CandidatePayment):
        is_left_out |= Q(row_changed_at__gt=draft.as_of, sequence__gt=1)
    rows = _rows(ticked.filter(is_left_out))
    reasons = block_reasons([row for row in rows if row.is_blocked], profile)
    return [
        {
            "kind": row.kind,
            "number": row.number,
            "reason": " ".join(reasons.get(key_of(row), []))
            if row.is_blocked
            else "It was changed after you opened the page.",
        }
        for row in rows
    ]


def _take_out_misfits(draft: Draft, company: Company) -> list[dict[str, str]]:
    """Leave out and name what cannot go with the company's settings."""
    named: list[dict[str, str]] = []
    for is_misfit, reason in list(check_draft_against_settings(draft, settings_of(company))):
        items = draft.items.filter(is_misfit).order_by("date", "number")
        some = items.values_list("kind", "number")[:LISTED_AT_MOST]
        named += [{"kind": kind, "number": number, "reason": reason} for kind, number in some]
        DraftItem.objects.filter(pk__in=items.order_by().values("pk")).delete()
    return named


def _rows(source: QuerySet[Any]) -> list[UnbatchedRow]:
    ordered = source.order_by("row_date", "row_number").values_list(*ROW_COLUMNS)
    return [UnbatchedRow(*values) for values in ordered[:LISTED_AT_MOST]]


def _why_nothing(
    choice: SelectionRule, filters: Filters, profile: str, left_out: list[dict[str, str]]
) -> str:
    """Return the message for this empty selection: it says what to do."""
    if left_out:
        first = left_out[0]
        return (
            f"Everything selected is left out, such as {first['number']}: {first['reason']} "
            "Fix that, or select other documents."
        )
    matching = filters.condition()
    if any(source.filter(matching).exists() for source in every_source(profile)):
        if isinstance(choice, NamedDocuments):
            return "None of the documents that you asked for is unbatched and matches the filters."
        return "You have deselected everything. Select at least one document to batch."
    if filters.are_set:
        return "No unbatched document matches these filters. Clear or widen them."
    return "There is nothing to batch: the books have every document in its current form."


@transaction.atomic
def include_invoices(*, draft: Draft, origin: Origin) -> Draft:
    """Return a new draft: this one and the missing invoices of its payments (domain.md §5).

    The user asked for these invoices by name, so filters do not exclude them; they are selected
    too.
    """
    origin.require("accounting.make_batch")
    profile = Company.current().profile
    wanted = includable_invoices(missing_of_draft(draft), profile)
    tick_documents(
        user=origin.user,
        tab=INVOICES_TAB,
        documents=[("invoice", pk) for pk in wanted.values_list("pk", flat=True)],
        is_ticked=True,
    )
    copy = Draft.objects.create(
        user=draft.user,
        filters=draft.filters,
        suggested_name=draft.suggested_name,
        as_of=timezone.now(),
        left_out=draft.left_out,
    )
    _draft_rows(copy, "invoice", wanted)
    follow_merged_customers(copy)
    insert_from(
        DraftItem,
        DraftItem.objects.filter(draft=draft),
        {
            "draft": copy,
            **{
                field.name: F(field.attname)
                for field in DraftItem._meta.concrete_fields
                if field.name not in ("id", "draft")
            },
        },
    )
    copy.as_of = draft.as_of
    copy.save(update_fields=["as_of"])
    return copy


def covered_dates(draft: Draft) -> tuple[date | None, date | None]:
    """Return the first and the last date among the draft's documents."""
    dates = draft.items.order_by("date").values_list("date", flat=True)
    return dates.first(), dates.last()


def arrived_since(draft: Draft, profile: str) -> int:
    """Return how many rows match the draft's filters and arrived after the user looked."""
    matching = Filters.from_json(draft.filters).condition() & Q(row_changed_at__gt=draft.as_of)
    return sum(source.filter(matching).count() for source in every_source(profile))


def follow_merged_customers(draft: Draft) -> None:
    """Replace merged customers in the draft by their survivors.

    It does not matter whether the merge came before or while the window was open: as with a changed
    accounting key, the files name the customer as of the claim. Two statements at most.
    """
    merged = Customer.objects.filter(merged_into__isnull=False)
    if merged.exists():
        draft.items.filter(customer__in=merged.values("pk")).update(
            customer=Subquery(merged.filter(pk=OuterRef("customer")).values("merged_into")[:1])
        )
