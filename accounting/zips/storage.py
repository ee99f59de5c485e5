"""Storage of the zips: the one module to change for another kind of storage.

Keys hold the batch and the SHA-256 of the content, so a file is never overwritten by another. On
disk a file appears whole or not at all: it is written under another name, synced, then renamed.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

_TEMPORARY_PREFIX: Final = "unfinished-"


def _root() -> Path:
    root = Path(settings.VAR_DIR) / "batches"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def key_for(batch_id: int, sha256: str) -> str:
    """Return the key of a batch's zip."""
    return f"{batch_id:08d}-{sha256}.zip"


@contextlib.contextmanager
def temporary_file() -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a private file on the storage's own disk; gone afterwards unless it was kept."""
    descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=_root())
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield path, file
    finally:
        path.unlink(missing_ok=True)


def keep(path: Path, file: BinaryIO, key: str) -> None:
    """Make a temporary file the content of a key, whole and on disk; OSError when it is full."""
    file.flush()
    os.fsync(file.fileno())
    path.replace(_root() / key)
    _sync_folder()


def path_of(key: str) -> Path:
    """Return the path of a key's file, for operators on this machine."""
    return _root() / key


def open_key(key: str) -> BinaryIO:
    """Open the file of a key for reading; FileNotFoundError when it is gone."""
    return (_root() / key).open("rb")


def delete(key: str) -> None:
    """Delete the file of a key, if it exists."""
    (_root() / key).unlink(missing_ok=True)


def keys_older_than(seconds: float) -> Iterator[str]:
    """Yield the keys, including unfinished files, that nobody has written to for that long."""
    limit = time.time() - seconds
    for path in _root().iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                yield path.name


def _sync_folder() -> None:
    descriptor = os.open(_root(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
