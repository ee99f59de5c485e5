"""What the tests of a module share: made once, and restored for each test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

Made = TypeVar("Made")


@contextmanager
def made_once(
    make: Callable[[], Made], blocker: DjangoDbBlocker, folders: pytest.TempPathFactory
) -> Iterator[tuple[Made, Path]]:
    """Yield what was made and the folder of its files; each test rolls back its own changes.

    For a fixture of scope "module" that asks for `django_db_setup`, in a module all of whose tests
    expect the rows, since each of them sees them.
    """
    folder = folders.mktemp("made_once")
    with blocker.unblock(), transaction.atomic():
        with override_settings(VAR_DIR=folder):
            made = make()
        yield made, folder
        transaction.set_rollback(True)
