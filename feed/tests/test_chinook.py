"""Real data: the Chinook sample database loads without a refused line, twice with one result."""

from pathlib import Path
from typing import Final

import pytest
from django.db.models import Sum

from feed.chunks import FeedReport
from feed.importer import import_lines
from feed.parsing import Problem
from invoices.models import Customer, InvoiceLine, InvoiceRevision
from invoices.tests.factories import make_origin
from payments.models import Payment
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

CHINOOK: Final = Path(__file__).parent / "data" / "chinook-feed.jsonl"


def test_chinook_loads_twice_with_the_same_result() -> None:
    origin = make_origin()
    problems: list[Problem] = []

    def load() -> FeedReport:
        with CHINOOK.open("rb") as lines:
            return import_lines(
                lines, source=CHINOOK.name, origin=origin, on_problem=problems.append
            )

    assert load() == FeedReport(created=829, changed=0, unchanged=0, refused=0)
    assert InvoiceRevision.objects.count() == 412
    assert InvoiceLine.objects.count() == 2240
    assert InvoiceRevision.objects.aggregate(cents=Sum("total_cents")) == {"cents": 232860}
    assert Customer.objects.count() == 59
    assert Payment.objects.count() == 354
    with unchanging():
        assert load() == FeedReport(created=0, changed=0, unchanged=829, refused=0)
    assert problems == []
