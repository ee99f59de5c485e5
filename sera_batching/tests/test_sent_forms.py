"""A form is carried out once: its record is written in the same transaction."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from invoices.tests.factories import make_origin
from sera_batching.models import SentForm
from sera_batching.sent_forms import AlreadySent, claim_form, forget_sent_forms, require_unsent

pytestmark = pytest.mark.django_db


def test_a_form_is_claimed_once() -> None:
    token, origin = uuid4(), make_origin()
    require_unsent(token)
    claim = claim_form(token=token, origin=origin)
    claim.address = "/payments/1/"
    claim.save()
    with pytest.raises(AlreadySent) as error, transaction.atomic():
        claim_form(token=token, origin=origin)
    assert error.value.url == "/payments/1/"
    with pytest.raises(AlreadySent):
        require_unsent(token)
    assert SentForm.objects.count() == 1


def test_forms_are_forgotten_after_a_week() -> None:
    old = claim_form(token=uuid4(), origin=make_origin())
    new = claim_form(token=uuid4(), origin=make_origin())
    SentForm.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=8))
    assert forget_sent_forms() == 1
    assert list(SentForm.objects.all()) == [new]
    assert forget_sent_forms() == 0
