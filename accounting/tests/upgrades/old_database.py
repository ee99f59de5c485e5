"""A database of an earlier version, loaded from its dump, and what an operator does with it."""

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg2  # type: ignore[import-untyped]
from django.conf import settings
from django.db import connection
from psycopg2 import sql

from accounting.tests.processes import database_url

DATA: Final = Path(__file__).parent / "data"
VERSION: Final = "009d15a"

_MANAGE: Final = """
import shlex, sys
from django.core.management import execute_from_command_line
for command in sys.argv[1:]:
    execute_from_command_line(["manage.py", *shlex.split(command)])
"""
_SCHEMA_OF_SQLITE: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master"
_TABLES_OF_SQLITE: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
)
_SCHEMA_OF_POSTGRESQL: Final = """
SELECT 'relation', c.relname, c.relkind::text, pg_get_indexdef(i.indexrelid)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'column', table_name, column_name, data_type || is_nullable || COALESCE(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public'
"""
_TABLES_OF_POSTGRESQL: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_TRIGGERS_OF_POSTGRESQL: Final = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What a database holds, each part sorted."""

    tables: dict[str, list[Row]]
    schema: list[Row]
    """Tables, columns, indexes, constraints and sequences, without triggers."""
    triggers: list[str]


@dataclass(frozen=True, slots=True)
class OldDatabase:
    """A database of its own, and a VAR_DIR."""

    url: str
    var_dir: Path
    connect: Callable[[], Any]
    """Return a new connection of the driver, without Django."""

    def manage(self, *commands: str) -> str:
        """Run commands in a process of their own, as an operator does; return what they print."""
        done = subprocess.run(
            [sys.executable, "-c", _MANAGE, *commands],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "sera_batching.settings",
                "DATABASE_URL": self.url,
                "VAR_DIR": str(self.var_dir),
                "REDIS_URL": "",
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{commands}: {done.stdout}{done.stderr}"
        return done.stdout

    def state(self) -> State:
        with closing(self.connect()) as own:
            is_postgresql = connection.vendor == "postgresql"
            tables = _TABLES_OF_POSTGRESQL if is_postgresql else _TABLES_OF_SQLITE
            schema = _SCHEMA_OF_POSTGRESQL if is_postgresql else _SCHEMA_OF_SQLITE
            rows = query(own, schema)
            triggers = query(own, _TRIGGERS_OF_POSTGRESQL) if is_postgresql else _triggers(rows)
            return State(
                {name: query(own, f'SELECT * FROM "{name}"') for (name,) in query(own, tables)},
                [row for row in rows if row[0] != "trigger"],
                [name for (name,) in triggers],
            )


def _triggers(schema: list[Row]) -> list[Row]:
    return [(name,) for kind, name, *_ in schema if kind == "trigger"]


def query(own: Any, statement: str) -> list[Row]:
    """Return the sorted rows, with values as the driver reads them."""
    with closing(own.cursor()) as cursor:
        cursor.execute(statement)
        return sorted(map(tuple, cursor.fetchall()), key=repr)


@contextmanager
def loaded_database(folder: Path) -> Iterator[OldDatabase]:
    """Load the dump for the kind of database that the tests run on; PostgreSQL's is dropped."""
    var_dir = folder / "var"
    var_dir.mkdir()
    if connection.vendor == "sqlite":
        path = folder / "books.sqlite3"
        with closing(sqlite3.connect(path)) as own:
            own.executescript(_dump())
        yield OldDatabase(f"sqlite:///{path}", var_dir, lambda: sqlite3.connect(path))
        return
    name = f"test_upgrade_{os.getpid()}"
    with closing(_connect_to("postgres")) as server:
        server.autocommit = True
        with closing(server.cursor()) as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                _load_into_postgresql(name)
                url = urlsplit(database_url())._replace(path=f"/{name}").geturl()
                yield OldDatabase(url, var_dir, lambda: _connect_to(name))
            finally:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
                cursor.execute(drop.format(sql.Identifier(name)))


def _dump() -> str:
    path = DATA / f"{VERSION}.{connection.vendor}.sql.gz"
    return gzip.decompress(path.read_bytes()).decode()


def _load_into_postgresql(name: str) -> None:
    """Run the dump; the lines with a backslash are commands of psql, not SQL."""
    lines = (line for line in _dump().splitlines() if not line.startswith("\\"))
    with closing(_connect_to(name)) as own:
        own.cursor().execute("\n".join(lines))
        own.commit()


def _connect_to(name: str) -> Any:
    values = connection.settings_dict
    return psycopg2.connect(
        dbname=name,
        user=values["USER"] or None,
        password=values["PASSWORD"] or None,
        host=values["HOST"] or None,
        port=values["PORT"] or None,
    )
