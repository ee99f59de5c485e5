"""POST /feed: records as JSON Lines, by the same service as the command and the page."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from feed.importer import import_lines
from feed.parsing import Problem as LineProblem
from integrations.api.answers import answer_of, carry_out_once
from integrations.api.auth import origin_of
from integrations.api.problems import NO_LENGTH, REFUSED, TOO_LARGE, WRONG_TYPE, Problem
from integrations.api.schemas import FeedAnswer, Line
from integrations.services.idempotency import Answer
from integrations.services.storage import Incoming, take_down
from sera_batching.origin import Origin

router = Router(tags=["Feed"])

MEDIA_TYPES: Final = ("application/x-ndjson", "application/jsonl")
MOST_PROBLEMS: Final = 1_000
LONGEST_SOURCE: Final = 200
BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "One record per line, UTF-8; see docs/feed.md.",
        "content": {
            media_type: {
                "schema": {"type": "string"},
                "example": '{"type":"department","name":"HVAC","timezone":"America/Chicago"}\n',
            }
            for media_type in MEDIA_TYPES
        },
    }
}


class FeedQuery(Schema):
    """How a feed is imported."""

    dry_run: bool = Field(False, description="Give the same answer, but write nothing.")
    atomic: bool = Field(False, description="The first bad line rejects everything.")
    source: Line = Field(
        "api",
        min_length=1,
        max_length=LONGEST_SOURCE,
        description="What revisions and the audit trail call this feed, such as a file's name.",
    )


@router.post("/feed", response=FeedAnswer, url_name="feed", openapi_extra=BODY)
def feed(request: HttpRequest, query: Query[FeedQuery]) -> HttpResponse:
    """Import records. Refused lines are reported; the others are kept, unless `atomic` is set."""
    origin = origin_of(request)
    origin.require("accounting.import_feed")
    _refuse_body(request)
    incoming = take_down(request)
    try:
        return carry_out_once(
            request,
            lambda: _import(incoming, query, origin),
            body_sha256=incoming.sha256,
            is_one_transaction=False,
        )
    finally:
        incoming.close()


def _refuse_body(request: HttpRequest) -> None:
    """Check the headers of the body before reading it."""
    if request.content_type not in MEDIA_TYPES:
        raise Problem(WRONG_TYPE, f"Send JSON Lines with Content-Type: {MEDIA_TYPES[0]}.")
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Problem(NO_LENGTH, "Send the body with a Content-Length, not in chunks.")
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > settings.FEED_MOST_BYTES:
        raise Problem(
            TOO_LARGE,
            f"The body has {int(length):,} bytes; the limit is {settings.FEED_MOST_BYTES:,}. "
            "Send it in parts: a record may refer to records of an earlier part.",
        )


def _import(incoming: Incoming, query: FeedQuery, origin: Origin) -> Answer:
    problems: list[dict[str, Any]] = []

    def tell(problem: LineProblem) -> None:
        if len(problems) < MOST_PROBLEMS:
            problems.append(
                {"line": problem.line, "field": problem.field, "reason": problem.reason}
            )

    report = import_lines(
        incoming.file,
        source=query.source,
        origin=origin,
        atomic=query.atomic,
        dry_run=query.dry_run,
        on_problem=tell,
    )
    if query.atomic and problems:
        first = problems[0]
        raise Problem(
            REFUSED,
            f"Line {first['line']}: {first['field']}: {first['reason']}. Nothing was imported.",
            more={"problems": problems},
        )
    return answer_of({**report.to_json(), "dry_run": query.dry_run, "problems": problems})
