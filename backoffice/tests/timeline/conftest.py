"""The users who act in the histories."""

import pytest

from invoices.tests.factories import (
    make_user,
)
from sera_batching.origin import Origin


@pytest.fixture
def dana() -> Origin:
    return Origin(user=make_user(username="dana"), channel="page")
