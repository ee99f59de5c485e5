"""A refusal must have exactly this message and change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from sera_batching.exceptions import DomainError, Refused

OUR_APPS = ("sera_batching", "invoices", "payments", "accounting", "integrations", "admin")


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of the project, as stored in the database."""
    found = {}
    with connection.cursor() as cursor:
        for app in OUR_APPS:
            for model in apps.get_app_config(app).get_models(include_auto_created=True):
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
                found[model._meta.label] = cursor.fetchall()
    return found


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
