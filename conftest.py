"""Fixtures for every test: its own database file, folders and queue, and real services."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from django.conf import settings as project_settings
from django.db import connections
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

from e2e.chromium import CHROMIUM_NAMES, chromium_path
from sera_batching.celery import app as celery_app
from sera_batching.tests.databases import drop_copy, make_copy, shared_folder, worker_of

SERVICES: Final = ("redis", "browser", "libreoffice")
DATABASE_FIXTURES: Final = frozenset({"db", "transactional_db", "live_server", "django_db_setup"})
SERVICES_ARE_REQUIRED: Final = os.environ.get("REQUIRE_SERVICES", "") == "1"


# A slow machine would fail a test with a deadline. Continuous integration draws the same examples
# each time; `make test-exhaustive` looks for others.
hypothesis.settings.register_profile(
    "project", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("project")


def pytest_configure() -> None:
    """Fit the settings for tests: quick password hashes, http, and no publishing to files."""
    project_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    project_settings.SECURE_SSL_REDIRECT = False
    project_settings.WHITENOISE_AUTOREFRESH = True
    celery_app.conf.broker_url = "memory://"
    celery_app.conf.broker_transport_options = {}


def missing_service(marker: str) -> str:
    """Return what a test with this marker lacks on this machine, empty if nothing."""
    if marker == "libreoffice" and not shutil.which("soffice"):
        return "no LibreOffice (soffice is not on the PATH)"
    if marker == "redis" and not shutil.which("redis-server"):
        return "no Redis (redis-server is not on the PATH)"
    if marker == "browser" and not chromium_path():
        return f"no Chromium (none of {', '.join(CHROMIUM_NAMES)} is on the PATH)"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip tests of the other database, and on PostgreSQL tests without a database."""
    on_postgres = connections["default"].vendor == "postgresql"
    other_database = "sqlite" if on_postgres else "postgresql"
    left_out = {
        item
        for item in items
        if item.get_closest_marker(other_database) is not None
        or (on_postgres and not is_about_database(item))
    }
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def is_about_database(item: pytest.Item) -> bool:
    """Return whether a test may use the database; pytest-django blocks it for all others.

    A slow test may start processes that have a database of their own.
    """
    return (
        item.get_closest_marker("slow") is not None
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
        or item.get_closest_marker("django_db") is not None
        or item.get_closest_marker("postgresql") is not None
        or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
    )


def pytest_collection_finish() -> None:
    """Exclude objects that live for the whole run from garbage collection."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose service is missing, or fail it if services are required."""
    for marker in SERVICES:
        if item.get_closest_marker(marker) is None:
            continue
        missing = missing_service(marker)
        if missing and SERVICES_ARE_REQUIRED:
            pytest.fail(f"REQUIRE_SERVICES=1, but there is {missing}.", pytrace=False)
        if missing:
            pytest.skip(missing)


@pytest.fixture(scope="session")
def database_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """Return the folder for the database of the tests, one for all processes."""
    folder = shared_folder(tmp_path_factory, pytestconfig) / "database"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_folder: Path) -> None:
    """Test SQLite on a file as in production: the shared in-memory database locks differently."""
    connection = connections["default"]
    if connection.vendor == "sqlite" and not os.environ.get("TEST_DATABASE_NAME"):
        connection.settings_dict["TEST"]["NAME"] = str(database_folder / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
    database_folder: Path,
) -> Iterator[None]:
    """Migrate once for all processes: that takes seconds, a copy takes almost no time."""
    worker = worker_of(request.config)
    if not worker:
        request.getfixturevalue("django_db_setup")
        yield
        return
    with django_db_blocker.unblock():
        name_before = make_copy(worker, database_folder)
    yield
    with django_db_blocker.unblock():
        drop_copy(worker, database_folder, name_before=name_before)


@pytest.fixture(autouse=True)
def var_dir(settings: Any, tmp_path: Path) -> Path:
    """Give each test its own VAR_DIR, so that none writes into the developer's."""
    folder = tmp_path / "var"
    folder.mkdir()
    settings.VAR_DIR = folder
    return folder
