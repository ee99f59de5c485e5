from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from feed.fields import FieldError


@pytest.fixture
def raises_field_error() -> Callable[[str, str], AbstractContextManager[None]]:
    """Expect a FieldError on exactly this field with exactly this reason."""

    @contextmanager
    def expect(field: str, reason: str) -> Iterator[None]:
        with pytest.raises(FieldError) as caught:
            yield
        assert (caught.value.field, caught.value.reason) == (field, reason)

    return expect
