"""Numbers are found as written; one that differs by case only is refused, never guessed."""

import pytest

from invoices.models import Customer
from invoices.tests.factories import make_customer
from sera_batching.exceptions import Refused
from sera_batching.numbers import find_by, find_numbered, require_new_number
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


def test_a_number_is_found_as_written() -> None:
    customer = make_customer("C-1001")
    make_customer("C-10010")
    assert find_numbered("C-1001", among=Customer.objects.all()) == customer
    assert find_numbered("C-100", among=Customer.objects.all()) is None
    assert find_by("name", "John", among=Customer.objects.all()) is None


def test_a_number_that_differs_by_case_only_is_refused() -> None:
    make_customer("C-1001")
    with refused("Customer C-1001 already exists, and c-1001 differs from it only in case."):
        find_numbered("c-1001", among=Customer.objects.all())


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "The number of the customer is missing."),
        (" ", "The number of the customer is missing."),
        (" C-2", "The number “ C-2” begins or ends with a space."),
        ("C-2 ", "The number “C-2 ” begins or ends with a space."),
        ("C-1001", "Customer C-1001 already exists."),
        ("c-1001", "Customer C-1001 already exists, and c-1001 differs from it only in case."),
        (
            "C\n2",
            "The number of the customer contains a control character, which no workbook can carry.",
        ),
        ("C" * 65, "The number of the customer has 65 characters; the limit is 64."),
    ],
)
def test_a_new_number_is_well_formed_and_free(number: str, message: str) -> None:
    make_customer("C-1001")
    with pytest.raises(Refused) as caught:
        require_new_number(number, among=Customer.objects.all())
    assert str(caught.value) == message


def test_a_free_number_passes() -> None:
    require_new_number("C" * 64, among=Customer.objects.all())
