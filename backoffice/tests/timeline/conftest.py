"""Who acts in the stories."""

import pytest

from invoices.tests.factories import (
    make_user,
)
from sera_batching.origin import Origin


@pytest.fixture
def dana() -> Origin:
    return Origin(user=make_user(username="dana"), channel="page")
