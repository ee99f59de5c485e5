"""Errors as RFC 9457 problems: the response to every refused request."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import HttpError, ValidationError

from accounting.unbatched.named import UnknownDocument
from accounting.zips.downloads import FileDamaged
from integrations.services.idempotency import KeyReused, StillRunning
from integrations.services.tokens import TooManyRequests
from sera_batching.exceptions import Conflict, DomainError, NotAllowed, Refused, ServiceDown
from sera_batching.logs import current_request_id

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
DOCS: Final = "/api/v1/docs/"
SECONDS_UNTIL_IT_MAY_BE_BACK: Final = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: its anchor in the documentation, its status, and its meaning."""

    name: str
    status: HTTPStatus
    title: str


BAD_REQUEST: Final = Kind("bad-request", HTTPStatus.BAD_REQUEST, "The request cannot be read.")
NO_TOKEN: Final = Kind(
    "no-token", HTTPStatus.UNAUTHORIZED, "No valid token: missing, unknown, expired or revoked."
)
NOT_ALLOWED: Final = Kind(
    "not-allowed", HTTPStatus.FORBIDDEN, "The token or its owner isn't allowed to do this."
)
NOT_FOUND: Final = Kind("not-found", HTTPStatus.NOT_FOUND, "There is no such object.")
WRONG_METHOD: Final = Kind(
    "wrong-method", HTTPStatus.METHOD_NOT_ALLOWED, "This URL doesn't support the method."
)
CONFLICT: Final = Kind(
    "conflict",
    HTTPStatus.CONFLICT,
    "Someone else changed it first, or something depends on it.",
)
NO_LENGTH: Final = Kind(
    "length-required", HTTPStatus.LENGTH_REQUIRED, "The body has no Content-Length."
)
TOO_LARGE: Final = Kind(
    "too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is larger than allowed."
)
WRONG_TYPE: Final = Kind(
    "wrong-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The content type of the body isn't supported here.",
)
INVALID: Final = Kind(
    "invalid",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The parameters or the body don't match their schema.",
)
REFUSED: Final = Kind(
    "refused", HTTPStatus.UNPROCESSABLE_ENTITY, "A business rule doesn't allow it."
)
KEY_REUSED: Final = Kind(
    "key-reused",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The Idempotency-Key was used for another request.",
)
TOO_MANY: Final = Kind(
    "too-many-requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "The token has reached its limit for this minute.",
)
BROKEN: Final = Kind(
    "broken", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on the server."
)
DOWN: Final = Kind(
    "service-down", HTTPStatus.SERVICE_UNAVAILABLE, "The database or the disk isn't responding."
)
KINDS: Final = (
    BAD_REQUEST,
    NO_TOKEN,
    NOT_ALLOWED,
    NOT_FOUND,
    WRONG_METHOD,
    CONFLICT,
    NO_LENGTH,
    TOO_LARGE,
    WRONG_TYPE,
    INVALID,
    REFUSED,
    KEY_REUSED,
    TOO_MANY,
    BROKEN,
    DOWN,
)
_OF_ERRORS: Final[tuple[tuple[type[Exception], Kind], ...]] = (
    (TooManyRequests, TOO_MANY),
    (NotAllowed, NOT_ALLOWED),
    (StillRunning, CONFLICT),
    (KeyReused, KEY_REUSED),
    (Refused, REFUSED),
    (Conflict, CONFLICT),
    (FileDamaged, CONFLICT),
    (ServiceDown, DOWN),
    (UnknownDocument, INVALID),
    (Http404, NOT_FOUND),
    (RequestDataTooBig, TOO_LARGE),
    (SuspiciousOperation, BAD_REQUEST),
    (UnreadablePostError, BAD_REQUEST),
    (HttpError, BAD_REQUEST),
    (UnicodeError, BAD_REQUEST),
)
"""Error class → type of problem; the first match counts."""


class Problem(Exception):
    """A request that ends in a problem; `more` are its extra members."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def answer_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the response for a problem."""
    content = {
        "type": f"{DOCS}#{problem.kind.name}",
        "title": problem.kind.title,
        "status": problem.kind.status.value,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": current_request_id.get(),
        **problem.more,
    }
    return HttpResponse(
        json.dumps(content, ensure_ascii=False),
        status=problem.kind.status,
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def problem_of(error: Exception) -> Problem:
    """Return the problem for an error; an unexpected one is logged, without details to the
    client."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, OperationalError | InterfaceError | OSError) and not isinstance(
        error, UnreadablePostError
    ):
        logger.warning("The database or the disk isn't responding: %s", error)
        return Problem(
            DOWN,
            "The database or the disk isn't responding. Try again in a moment.",
            headers={"Retry-After": str(SECONDS_UNTIL_IT_MAY_BE_BACK)},
        )
    for error_type, kind in _OF_ERRORS:
        if isinstance(error, error_type):
            return Problem(kind, _detail(error), headers=_headers(error))
    if isinstance(error, DomainError):
        return Problem(REFUSED, str(error))
    logger.error("A request to the API broke.", exc_info=error)
    return Problem(BROKEN, "This should not happen. Tell your admin the request_id.")


def _detail(error: Exception) -> str:
    if isinstance(error, RequestDataTooBig):
        return "The body is too large."
    if isinstance(error, HttpError):
        return "The body is not JSON."
    return str(error) or "There is nothing at this URL."


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, StillRunning):
        return {"Retry-After": str(SECONDS_UNTIL_IT_MAY_BE_BACK)}
    return {}


def _invalid(error: ValidationError) -> Problem:
    """Return a problem that names every invalid field, and why."""
    errors = [
        {"field": _name_of(one["loc"]), "reason": one["msg"].removeprefix("Value error, ")}
        for one in error.errors
    ]
    first = errors[0] if errors else {"field": "request", "reason": "cannot be read"}
    return Problem(INVALID, f"{first['field']}: {first['reason']}", more={"errors": errors})


def _name_of(location: Sequence[object]) -> str:
    """Return "body.reason" for ("body", "body", "reason"): the second is our parameter's name."""
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts[:1] == parts[1:2] else parts)


View = Callable[..., HttpResponseBase]


def api_view(view: View) -> View:
    """Make a view part of the API: no session, no CSRF token, refusals as problems."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            return answer_problem(request, problem_of(error))
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = response.headers["Allow"]
            problem = Problem(WRONG_METHOD, f"Use {allowed} here.", headers={"Allow": allowed})
            return answer_problem(request, problem)
        return response

    return csrf_exempt(login_not_required(answer))


@api_view
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Respond 404 to unknown URLs below /api/."""
    raise Http404
