"""Carrying a request out once, however often it is sent with the same Idempotency-Key (ADR 16).

A key belongs to its token. The first request with it is begun; until it has an answer others are
told to wait; then they get the same answer. A request that failed leaves its key free. One that
was begun and never answered, because its process died, may be begun again after `BEGUN_LASTS`.
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
    """The same request is being carried out just now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered with."""

    status: int
    body: str
    """JSON."""
    location: str = ""


def fingerprint(method: str, address: str, body_sha256: str) -> str:
    """Return the hash by which two requests are the same."""
    return hashlib.sha256(f"{method}\n{address}\n{body_sha256}".encode()).hexdigest()


def begin(*, token: ApiToken, key: str, of: str) -> IdempotentRequest | Answer:
    """Begin the request with fingerprint `of`, or return the answer that it has got already.

    Raises Refused for a key that cannot be, KeyReused when the key was used for something else,
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
        raise StillRunning("The same request is being carried out just now; ask again later.")
    request.begun_at = timezone.now()
    request.save(update_fields=["begun_at"])
    return request


def keep_answer(request: IdempotentRequest, answer: Answer) -> None:
    """Keep the answer, in the caller's transaction: then it stands or falls with what was done."""
    request.status, request.body, request.location = answer.status, answer.body, answer.location
    request.save(update_fields=["status", "body", "location"])


def give_up(request: IdempotentRequest) -> None:
    """Free the key of a request that failed: nothing was done, so it may be sent again."""
    IdempotentRequest.objects.filter(pk=request.pk, status__isnull=True).delete()


def drop_old_requests() -> int:
    """Delete the requests whose answers nobody asks for any more; return how many."""
    count, _ = IdempotentRequest.objects.filter(begun_at__lt=timezone.now() - ANSWERS_LAST).delete()
    return count
