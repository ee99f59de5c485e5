"""Carries out a request once, even if it is sent again with its Idempotency-Key (ADR 16).

A key belongs to its token. The first request with it is started. Until it has a response, others
are told to wait; after that they get the same response. A failed request frees its key. One that
never got a response, because its process died, may be started again after `BEGUN_LASTS`.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.models import ApiToken, IdempotentRequest
from sera_batching.exceptions import Conflict, Refused

LONGEST_KEY: Final = 255
ANSWERS_LAST: Final = timedelta(hours=24)
BEGUN_LASTS: Final = timedelta(minutes=15)
"""Longer than any request takes."""


class KeyReused(Refused):
    """The key was used for another request."""


class StillRunning(Conflict):
    """The same request is running now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a request."""

    status: int
    body: str
    """JSON."""
    location: str = ""


def fingerprint(method: str, url: str, body_sha256: str) -> str:
    """Return a hash that is equal for equal requests."""
    return hashlib.sha256(f"{method}\n{url}\n{body_sha256}".encode()).hexdigest()


def begin(*, token: ApiToken, key: str, of: str) -> IdempotentRequest | Answer:
    """Start the request with fingerprint `of`, or return the response that it already has.

    Raises Refused for an invalid key, KeyReused if the key was used for another request,
    StillRunning while the same request runs.
    """
    if not key.isascii() or not key.isprintable() or not 0 < len(key.strip()) <= LONGEST_KEY:
        raise Refused(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(token=token, key=key, fingerprint=of)
    except IntegrityError:
        return _again(token, key, of)


@transaction.atomic
def _again(token: ApiToken, key: str, of: str) -> IdempotentRequest | Answer:
    request = IdempotentRequest.objects.select_for_update().filter(token=token, key=key).first()
    if request is None:
        raise StillRunning("The same request has just failed; send it again.")
    if request.fingerprint != of:
        raise KeyReused(
            "This Idempotency-Key was used for another request; use a new key for a new request."
        )
    if request.status is not None:
        return Answer(request.status, request.body, request.location)
    if request.begun_at > timezone.now() - BEGUN_LASTS:
        raise StillRunning("The same request is still being carried out. Try again later.")
    request.begun_at = timezone.now()
    request.save(update_fields=["begun_at"])
    return request


def keep_answer(request: IdempotentRequest, answer: Answer) -> None:
    """Store the response in the caller's transaction, so that it is saved with the change or not at
    all."""
    request.status, request.body, request.location = answer.status, answer.body, answer.location
    request.save(update_fields=["status", "body", "location"])


def give_up(request: IdempotentRequest) -> None:
    """Free the key of a failed request: nothing was done, so it may be sent again."""
    IdempotentRequest.objects.filter(pk=request.pk, status__isnull=True).delete()


def drop_old_requests() -> int:
    """Delete the requests whose responses are no longer needed; return how many."""
    count, _ = IdempotentRequest.objects.filter(begun_at__lt=timezone.now() - ANSWERS_LAST).delete()
    return count
