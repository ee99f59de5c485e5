"""The database of a test process: a copy of one that was migrated once for all processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection


def shared_folder(folders: pytest.TempPathFactory, config: pytest.Config) -> Path:
    """Return the temporary folder that all processes of a test run share."""
    base = folders.getbasetemp()
    return base.parent if worker_of(config) else base


def worker_of(config: pytest.Config) -> str:
    """Return the pytest-xdist name of this process, empty if there is only one."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one process at a time use a folder that several share."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_copy(worker: str, folder: Path) -> str:
    """Connect to a copy of the migrated database; return the name of the database until now.

    The first process makes the original and records it in `folder`.
    """
    creation, values = connection.creation, connection.settings_dict
    name_before = str(values["NAME"])
    original, users = folder / "original", folder / "users"
    with alone_in(folder):
        if original.exists():
            values["NAME"] = original.read_text()
        else:
            original.write_text(
                creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            )
        # PostgreSQL copies a database only if nobody is connected to it.
        connection.close()
        users.mkdir(exist_ok=True)
        (users / worker).touch()
        creation.clone_test_db(suffix=worker, verbosity=0)
    values.update(creation.get_test_db_clone_settings(worker))
    return name_before


def drop_copy(worker: str, folder: Path, *, name_before: str) -> None:
    """Drop the copy of this process; the last process also drops the original."""
    creation, values = connection.creation, connection.settings_dict
    original, users = folder / "original", folder / "users"
    with alone_in(folder):
        creation.destroy_test_db(name_before, verbosity=0)
        (users / worker).unlink()
        if not any(users.iterdir()):
            values["NAME"] = original.read_text()
            creation.destroy_test_db(name_before, verbosity=0)
            original.unlink()
