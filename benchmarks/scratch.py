"""A database and a VAR_DIR for one run, gone afterwards; never the developer's."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import django
import environ
import psycopg2  # type: ignore[import-untyped]
from django.core.management import call_command
from django.db import connection
from psycopg2 import sql

ROOT: Final = Path(__file__).resolve().parent.parent
KEY: Final = "only-for-benchmarks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ"


@contextmanager
def scratch_database() -> Iterator[None]:
    """Set Django up on an empty, migrated database of the kind that DATABASE_URL names.

    On PostgreSQL a database `bench_…` is made beside it and dropped; otherwise it is a SQLite file.
    """
    environ.Env.read_env(ROOT / ".env")
    url = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory(prefix="bench_") as folder, _database_beside(url) as own_url:
        os.environ.update(
            DATABASE_URL=own_url,
            VAR_DIR=folder,
            REDIS_URL="",
            SECRET_KEY=KEY,
            DEBUG="False",
            LOG_LEVEL="WARNING",
            DJANGO_SETTINGS_MODULE="sera_batching.settings",
        )
        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield
        finally:
            connection.close()


@contextmanager
def _database_beside(url: str) -> Iterator[str]:
    if not url.startswith(("postgres://", "postgresql://")):
        yield ""
        return
    name = f"bench_{os.getpid()}"
    _execute(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with suppress(psycopg2.errors.InvalidCatalogName):
            _execute(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(url: str, statement: Any) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
