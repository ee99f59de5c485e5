"""What a refusal must be: exactly this message, and nothing changed anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps

from sera_batching.exceptions import DomainError, Refused

OUR_APPS = ("sera_batching", "invoices", "payments", "accounting")


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of ours."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for app in OUR_APPS
        for model in apps.get_app_config(app).get_models()
    }


@contextmanager
def refused(message: str, *, error: type[DomainError] = Refused) -> Iterator[None]:
    """Expect the block to be refused with this message, and to leave every table as it is."""
    before = everything()
    with pytest.raises(error) as caught:
        yield
    assert str(caught.value) == message
    assert everything() == before


@contextmanager
def unchanging() -> Iterator[None]:
    """Expect the block to leave every table as it is."""
    before = everything()
    yield
    assert everything() == before
