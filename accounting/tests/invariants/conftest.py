import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from accounting.tests.invariants.books import Books, make_books
from accounting.tests.made_once import made_once


@pytest.fixture(scope="module")
def sound_books(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Books, Path]]:
    """Books made once for all tests of a module, and the folder with their zips."""
    with made_once(make_books, django_db_blocker, tmp_path_factory) as books:
        yield books


@pytest.fixture
def books(sound_books: tuple[Books, Path], db: None, var_dir: Path) -> Books:
    """Sound books for this test to break; they are restored for the next one."""
    books, folder = sound_books
    shutil.copytree(folder / "batches", var_dir / "batches")
    return books
