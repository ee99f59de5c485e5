"""Batches: make, list, read, download, undo, retry, release."""

from http import HTTPStatus
from typing import Any, Final, Literal

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import Field

from accounting.batches.listing import list_batches
from accounting.batches.make import make_batch, preview_batch
from accounting.batches.serializers import batch_line, batch_shape, preview_shape, undone_shape
from accounting.batches.undo import release_batch, undo_batch
from accounting.batches.undo_plan import plan_undo
from accounting.models import Batch
from accounting.unbatched.named import require_known
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.build import retry_batch
from accounting.zips.downloads import open_zip
from integrations.api.answers import answer_of, carry_out_once
from integrations.api.auth import origin_of
from integrations.api.cursors import read_cursor, write_cursor
from integrations.api.problems import CONFLICT, Problem
from integrations.api.schemas import (
    BatchDetail,
    BatchPage,
    BatchPreview,
    BatchRequest,
    Day,
    Line,
    UndoAnswer,
    UndoRequest,
)
from integrations.services.idempotency import Answer
from sera_batching.exceptions import Conflict
from sera_batching.models import Company
from sera_batching.origin import Origin

router = Router(tags=["Batches"])

MOST_BATCHES: Final = 200
BATCHES: Final = 50
ZIP: Final = {
    "responses": {
        200: {
            "description": "The zip, once its checksum has been verified.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


class BatchQuery(Schema):
    """The filters and the page."""

    date_from: Day | None = Field(
        None, alias="from", description="Made on this day or later, in the company's time zone."
    )
    date_to: Day | None = Field(None, alias="to", description="Made on this day or before.")
    status: Literal["queued", "building", "ready", "failed", "undone"] | None = None
    number: Line = Field(
        "", max_length=64, description="Batches that contain a document with this number."
    )
    limit: int = Field(BATCHES, ge=1, le=MOST_BATCHES)
    cursor: str | None = Field(
        None, max_length=1_000, description="`next_cursor` of the previous page."
    )


class ZipQuery(Schema):
    """Whether to send the zip of an undone batch."""

    undone: bool = Field(False, description="Pass true to get the zip of an undone batch too.")


@router.post("/batches", response={200: BatchPreview, 202: BatchDetail}, url_name="batches")
def make(request: HttpRequest, body: BatchRequest) -> HttpResponse:
    """Batch everything that matches the filters, or the named documents. A worker builds the zip.

    Returns 202 with `Location`. Poll that URL until `status` is `ready` or `failed`, or use a
    webhook. A dry run returns 200. With nothing to batch: 422.
    """
    origin, filters = origin_of(request), body.to_filters()
    named = [
        [(one.kind, one.number) for one in documents] for documents in (body.include, body.exclude)
    ]
    require_known([*named[0], *named[1]])
    choice = NamedDocuments(only_tab=body.only, include=named[0], exclude=named[1])

    def act() -> Answer:
        if body.dry_run:
            suggested, preview = preview_batch(origin=origin, choice=choice, filters=filters)
            shape = preview_shape(body.name or suggested, preview)
            return answer_of({name: shape[name] for name in BatchPreview.model_fields})
        made = make_batch(
            origin=origin,
            choice=choice,
            filters=filters,
            name=body.name or "",
            is_built_here=False,
        )
        return answer_of(
            _detail(made.batch, left_out=made.left_out),
            status=HTTPStatus.ACCEPTED,
            location=_url(made.batch),
        )

    return carry_out_once(request, act)


@router.get("/batches", response=BatchPage, url_name="batches")
def batches(request: HttpRequest, query: Query[BatchQuery]) -> dict[str, Any]:
    """List batches, newest first."""
    origin_of(request).require("accounting.view_batch")
    rows = list_batches(
        zone=Company.current().zone,
        date_from=query.date_from,
        date_to=query.date_to,
        status=query.status or "",
        number=query.number,
    )
    if query.cursor:
        rows = rows.filter(pk__lt=read_cursor(query.cursor, (int,))[0])
    found = list(rows[: query.limit + 1])
    shown = found[: query.limit]
    return {
        "batches": [_summary(batch) for batch in shown],
        "next_cursor": write_cursor([shown[-1].pk]) if len(found) > query.limit else None,
    }


@router.get("/batches/{int:batch_id}", response=BatchDetail, url_name="batch")
def batch(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    """Show a batch: its progress, its files and its warnings."""
    origin_of(request).require("accounting.view_batch")
    return _detail(_find(batch_id))


@router.get("/batches/{int:batch_id}/zip", response={200: None}, url_name="zip", openapi_extra=ZIP)
def batch_zip(request: HttpRequest, batch_id: int, query: Query[ZipQuery]) -> HttpResponseBase:
    """Download the zip; it is verified, counted and audited as on the page."""
    origin = origin_of(request)
    origin.require("accounting.download_batch")
    found = _find(batch_id)
    if found.status == Batch.Status.UNDONE and found.has_zip and not query.undone:
        raise Problem(
            CONFLICT,
            f"Batch {found.pk} was undone: its documents are unbatched again, or in another "
            "batch. Pass ?undone=true to get its zip anyway.",
        )
    file = open_zip(batch=found, origin=origin)
    return FileResponse(
        file, as_attachment=True, filename=found.name, content_type="application/zip"
    )


@router.post("/batches/{int:batch_id}/undo", response=UndoAnswer, url_name="undo")
def undo(request: HttpRequest, batch_id: int, body: UndoRequest) -> HttpResponse:
    """Undo a ready batch: its documents are unbatched again. Nothing in QuickBooks changes.

    Later batches that depend on it: 409, naming them in `dependents`, unless `with_dependents`.
    """
    origin = origin_of(request)
    origin.require("accounting.undo_batch")
    return _give_back(request, batch_id, body, undo_batch, origin)


@router.post("/batches/{int:batch_id}/release", response=UndoAnswer, url_name="release")
def release(request: HttpRequest, batch_id: int, body: UndoRequest) -> HttpResponse:
    """Release the documents of a failed batch, by the rules of an undo."""
    origin = origin_of(request)
    origin.require("accounting.release_batch")
    return _give_back(request, batch_id, body, release_batch, origin)


@router.post("/batches/{int:batch_id}/retry", response={202: BatchDetail}, url_name="retry")
def retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Build a failed batch again."""
    origin = origin_of(request)
    origin.require("accounting.retry_batch")
    found = _find(batch_id)

    def act() -> Answer:
        queued = retry_batch(batch_id=found.pk, origin=origin)
        return answer_of(_detail(queued), status=HTTPStatus.ACCEPTED, location=_url(queued))

    return carry_out_once(request, act)


def _give_back(
    request: HttpRequest, batch_id: int, body: UndoRequest, service: Any, origin: Origin
) -> HttpResponse:
    """Undo or release; a conflict names the dependent batches."""
    found = _find(batch_id)

    def act() -> Answer:
        undone = service(
            batch_id=found.pk,
            reason=body.reason,
            origin=origin,
            with_dependents=body.with_dependents,
        )
        return answer_of(undone_shape(undone))

    try:
        return carry_out_once(request, act)
    except Conflict as error:
        dependents = [dependent.pk for dependent in plan_undo(found).dependents]
        if not dependents:
            raise
        raise Problem(CONFLICT, str(error), more={"dependents": dependents}) from error


def _find(batch_id: int) -> Batch:
    found = Batch.objects.filter(pk=batch_id).select_related("created_by").first()
    if found is None:
        raise Http404(f"There is no batch {batch_id}.")
    return found


def _url(batch: Batch) -> str:
    return reverse("api:batch", kwargs={"batch_id": batch.pk})


def _summary(batch: Batch) -> dict[str, Any]:
    count = getattr(batch, "download_count", None)
    return {
        **batch_line(batch, download_count=batch.downloads.count() if count is None else count),
        "is_released": batch.is_released,
        "url": _url(batch),
        "zip_url": reverse("api:zip", kwargs={"batch_id": batch.pk}) if batch.has_zip else None,
    }


def _detail(batch: Batch, *, left_out: list[dict[str, str]] | None = None) -> dict[str, Any]:
    shape = batch_shape(batch, left_out=left_out or [])
    return {
        **_summary(batch),
        **{name: shape[name] for name in ("files", "warnings", "left_out")},
    }
