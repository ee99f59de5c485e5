"""A credit memo gets the checks of what it restates: its invoice's revision last sent."""

import pytest

from accounting.models import Finding
from accounting.tests.factories import make_batch
from accounting.tests.readings import warnings_of
from feed.tests.feeding import BASE, LINE, credit_memo, feed, invoice

UNEXPLAINED = {**LINE, "quantity": "1", "rate": "151.00", "amount": "150.00"}


@pytest.mark.django_db
def test_a_problem_of_the_restated_revision_is_warned_of_once() -> None:
    feed(*BASE, invoice(lines=[UNEXPLAINED], tax=None), credit_memo())
    make_batch(is_built=False)

    batch = make_batch(is_built=False)

    assert warnings_of(batch) == [("CM-7", "8", 15000)]


@pytest.mark.django_db
def test_a_problem_of_another_revision_is_not_warned_of() -> None:
    feed(*BASE, invoice(lines=[UNEXPLAINED], tax=None), credit_memo(), invoice(tax=None))
    make_batch(is_built=False)

    batch = make_batch(is_built=False)

    assert warnings_of(batch) == []


@pytest.mark.django_db
def test_a_number_too_long_is_found_before_the_invoice_is_finalized() -> None:
    number = "CM-" + "7" * 20
    feed(*BASE, invoice(status="pending"), credit_memo(number))

    found = Finding.objects.filter(credit_memo__number=number)

    assert [(each.profile, each.check_code) for each in found.order_by("-profile")] == [
        ("online", "1"),
        ("desktop", "1"),
    ]
