"""Responses to API requests that change something: one per Idempotency-Key."""

import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from integrations.api.auth import origin_of
from integrations.models import IdempotentRequest
from integrations.services.idempotency import Answer, begin, fingerprint, give_up, keep_answer
from sera_batching.database.transactions import retry_when_given_up

KEY_HEADER: Final = "Idempotency-Key"
JSON_TYPE: Final = "application/json"


def answer_of(
    content: Mapping[str, Any], *, status: HTTPStatus = HTTPStatus.OK, location: str = ""
) -> Answer:
    """Return a response with this content as JSON."""
    return Answer(status.value, json.dumps(content, ensure_ascii=False), location)


def carry_out_once(
    request: HttpRequest,
    act: Callable[[], Answer],
    *,
    body_sha256: str | None = None,
    is_one_transaction: bool = True,
) -> HttpResponse:
    """Carry out and respond; repeat the response of an Idempotency-Key that has one.

    With `is_one_transaction` the response is stored in the transaction of the action, so that a
    crash loses both or neither. A feed has many transactions, and can be repeated safely.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return _respond(act())
    body_sha256 = body_sha256 or hashlib.sha256(request.body).hexdigest()
    print_ = fingerprint(request.method or "", request.get_full_path(), body_sha256)
    begun = begin(token=origin_of(request).token, key=key, of=print_)
    if isinstance(begun, Answer):
        response = _respond(begun)
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        if is_one_transaction:
            return _respond(_act_and_keep(begun, act))
        answer = act()
        keep_answer(begun, answer)
        return _respond(answer)
    except BaseException:
        give_up(begun)
        raise


@retry_when_given_up
@transaction.atomic
def _act_and_keep(begun: IdempotentRequest, act: Callable[[], Answer]) -> Answer:
    answer = act()
    keep_answer(begun, answer)
    return answer


def _respond(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=JSON_TYPE)
    if answer.location:
        response.headers["Location"] = answer.location
    return response
