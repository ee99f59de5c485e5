"""Carrying out a form once, however often it is submitted."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from sera_batching.exceptions import DomainError
from sera_batching.models import SentForm
from sera_batching.origin import Origin

SENT_FORMS_LAST: Final = timedelta(days=7)


class AlreadySent(DomainError):
    """This form was already carried out; `url` is of the page that shows what it did."""

    def __init__(self, url: str) -> None:
        super().__init__("This form was already submitted. It was carried out once, not twice.")
        self.url = url


def claim_form(*, token: UUID, origin: Origin) -> SentForm:
    """Record, in the action's transaction, that this form is being carried out.

    Raises AlreadySent if it was before. Of two at once, the second waits for the first.
    """
    try:
        with transaction.atomic():
            return SentForm.objects.create(token=token, user=origin.user)
    except IntegrityError:
        raise AlreadySent(SentForm.objects.get(token=token).address) from None


def require_unsent(token: UUID) -> None:
    """Raise AlreadySent if the form of this token was carried out."""
    if sent := SentForm.objects.filter(token=token).first():
        raise AlreadySent(sent.address)


def forget_sent_forms() -> int:
    """Delete records older than a week; return how many. Nobody submits such a form again."""
    old = SentForm.objects.filter(sent_at__lt=timezone.now() - SENT_FORMS_LAST)
    return old.delete()[0]
