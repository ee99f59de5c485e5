"""The windows for undo and for releasing a failed batch, and what to reverse in QuickBooks."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounting.batches.forms import UndoForm
from accounting.batches.undo import release_batch, undo_batch, why_never_undone
from accounting.batches.undo_plan import (
    UndoPlan,
    count_documents,
    list_reversals,
    plan_undo,
    reversal_lines,
    with_zip,
)
from accounting.models import Batch, BatchFile
from accounting.views.batches import find_batch
from accounting.workbooks.layouts import file_title
from sera_batching import audit
from sera_batching.http import origin_of
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.spreadsheets import csv_answer
from sera_batching.views.answers import carry_out

SHOWN_IN_WINDOW: Final = 10
SHOWN_IN_LIST: Final = 2_000
"""The limit of the printed list; the CSV has everything."""


class Undoing(Protocol):
    """undo_batch or release_batch."""

    def __call__(
        self,
        *,
        batch_id: int,
        reason: str,
        origin: Origin,
        with_dependents: bool,
        agreed_dependents: Collection[int],
    ) -> tuple[Batch, ...]: ...


@dataclass(frozen=True, slots=True)
class UndoMode:
    """What the window does, in words, and the batch status that it requires."""

    verb: str
    done: str
    status: str
    service: Undoing


UNDO: Final = UndoMode("Undo", "undone", Batch.Status.READY, undo_batch)
RELEASE: Final = UndoMode("Release", "released", Batch.Status.FAILED, release_batch)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@permission_required("accounting.undo_batch", raise_exception=True)
def batch_undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show what an undo would do, and carry it out."""
    return window(request, batch_id, UNDO)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@permission_required("accounting.release_batch", raise_exception=True)
def batch_release(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show what releasing a failed batch would release, and carry it out."""
    return window(request, batch_id, RELEASE)


def window(request: HttpRequest, batch_id: int, act: UndoMode) -> HttpResponse:
    """Show the window; carry out a complete form once, even if it is sent twice."""
    batch = find_batch(batch_id)
    if batch.status != act.status or batch.is_opening:
        messages.warning(request, refusal(batch, act))
        return redirect("accounting:batch", batch.pk)
    plan = plan_undo(batch)
    loaded = loaded_files(plan)
    needs_number = bool(loaded) or plan.download_count > 0
    form = UndoForm(request.POST or None, plan=plan, needs_number=needs_number)
    if form.is_valid() and undo(request, plan, form, act):
        return redirect("accounting:batch", batch.pk)
    context = {
        "batch": batch,
        "act": act,
        "plan": plan,
        "form": form,
        "loaded": loaded,
        "returns": plan.returns_with_dependents,
        "reversal_count": count_reversals(plan.together),
        "reversals": reversal_rows(plan.together, SHOWN_IN_WINDOW),
    }
    return render(request, "accounting/undo.html", context, status=422 if form.errors else 200)


def refusal(batch: Batch, act: UndoMode) -> str:
    """Show why the window does not open."""
    state = batch.get_status_display().lower()
    return why_never_undone(batch) or (
        f"Batch {batch.pk} is {state}, so it cannot be {act.done}; nothing was changed."
    )


def loaded_files(plan: UndoPlan) -> list[BatchFile]:
    """Return the files marked as loaded: these have to be reversed in any case."""
    files = BatchFile.objects.filter(
        batch__in=plan.together, loaded_at__isnull=False, row_count__gt=0
    )
    return list(files.select_related("loaded_by").order_by("-batch", "number", "part"))


def undo(request: HttpRequest, plan: UndoPlan, form: UndoForm, act: UndoMode) -> bool:
    """Carry it out, and show what was released."""
    count = count_documents(plan.together)
    numbers = ", ".join(str(batch.pk) for batch in plan.together)
    named = f"batches {numbers}" if plan.dependents else f"batch {numbers}"
    origin = origin_of(request)
    return carry_out(
        request,
        lambda: act.service(
            batch_id=plan.batch.pk,
            reason=form.cleaned_data["reason"],
            origin=origin,
            with_dependents=bool(plan.dependents),
            agreed_dependents=[batch.pk for batch in plan.dependents],
        ),
        done=f"{act.done.capitalize()}: {named}. "
        f"Unbatched again: {count:,} document{'' if count == 1 else 's'}.",
    )


@require_safe
@never_cache
@permission_required("accounting.download_batch", raise_exception=True)
def batch_reversals(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show what to reverse in QuickBooks on one page, for printing."""
    batch = find_batch(batch_id)
    batches = undone_together(batch)
    context = {
        "batch": batch,
        "batches": batches,
        "reversals": reversal_rows(batches, SHOWN_IN_LIST),
        "reversal_count": count_reversals(batches),
        "limit": SHOWN_IN_LIST,
    }
    return render(request, "accounting/reversals.html", context)


@require_safe
@never_cache
@permission_required("accounting.download_batch", raise_exception=True)
def batch_reversals_csv(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """Download what to reverse in QuickBooks."""
    batch = find_batch(batch_id)
    batches = undone_together(batch)
    audit.record(origin=origin_of(request), action="batch.reversals_downloaded", target=batch)
    return csv_answer(
        f"Reverse batch {batch.pk}", reversal_lines(list_reversals(with_zip(batches)))
    )


def undone_together(batch: Batch) -> list[Batch]:
    """Return the batch and the batches undone, or to be undone, with it."""
    if batch.is_live:
        return [batch, *plan_undo(batch).dependents]
    went = AuditEvent.objects.filter(
        action__in=["batch.undone", "batch.released"], after__with=batch.pk
    )
    ids = [int(target) for target in went.values_list("target_id", flat=True)]
    return [batch, *Batch.objects.filter(pk__in=ids)]


def count_reversals(batches: list[Batch]) -> int:
    """Return the number of reversals: one per document of each zip."""
    return sum(batch.document_count for batch in with_zip(batches))


def reversal_rows(batches: list[Batch], limit: int) -> list[dict[str, object]]:
    """Return the first reversals with the titles of their files."""
    return [
        {"what": each, "file": file_title(each.file_number)}
        for each in islice(list_reversals(with_zip(batches)), limit)
    ]
