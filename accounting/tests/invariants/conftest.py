import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from accounting.tests.invariants.books import Books, make_books
from accounting.tests.made_once import kept_for_a_module


@pytest.fixture(scope="module")
def sound_books(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Books, Path]]:
    """Books made once for all tests of a module, and the folder with their zips."""
    folder = tmp_path_factory.mktemp("books")
    with kept_for_a_module(django_db_blocker):
        with override_settings(VAR_DIR=folder):
            books = make_books()
        yield books, folder


@pytest.fixture
def books(sound_books: tuple[Books, Path], db: None, var_dir: Path) -> Books:
    """Sound books for this test to break; they are whole again for the next one."""
    books, folder = sound_books
    shutil.copytree(folder / "batches", var_dir / "batches")
    return books
