"""Storage of feeds from the page or the API: private, under VAR_DIR, hashed on receipt.

A body is written to disk before it is read, so that a slow sender holds no transaction open, and
what is applied is what was hashed. Memory stays bounded regardless of size.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from django.conf import settings

CHUNK: Final = 1 << 16
_TEMPORARY_PREFIX: Final = "unfinished-"


class Readable(Protocol):
    """Anything that yields bytes: a request or a file."""

    def read(self, size: int, /) -> bytes: ...


class Incoming:
    """A private file being written and hashed; closing it deletes it unless it was kept."""

    def __init__(self) -> None:
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY_PREFIX, dir=_root())
        self.path = Path(name)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")
        self.size = 0
        self._hash = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Add to the file."""
        self.file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def keep(self) -> str:
        """Store the complete file permanently; return its key."""
        self.file.flush()
        os.fsync(self.file.fileno())
        key = self.path.name.removeprefix(_TEMPORARY_PREFIX)
        self.path.replace(_root() / key)
        return key

    def close(self) -> None:
        """Close the file, and delete it unless it was kept."""
        self.file.close()
        self.path.unlink(missing_ok=True)


def take_down(source: Readable) -> Incoming:
    """Write all bytes of a source to a private file; the caller closes it."""
    incoming = Incoming()
    try:
        while chunk := source.read(CHUNK):
            incoming.write(chunk)
        incoming.file.seek(0)
    except BaseException:
        incoming.close()
        raise
    return incoming


def open_key(key: str) -> BinaryIO:
    """Open a stored file for reading; FileNotFoundError if it is gone."""
    return (_root() / key).open("rb")


def sha256_of(key: str) -> str:
    """Return the checksum of a stored file as it is on disk now."""
    found = hashlib.sha256()
    with open_key(key) as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def delete(key: str) -> None:
    """Delete a stored file; do nothing if it is already gone."""
    (_root() / key).unlink(missing_ok=True)


def keys_older_than(seconds: float) -> Iterator[str]:
    """Yield the names of files, also unfinished ones, not written to for this long."""
    limit = time.time() - seconds
    for path in _root().iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            yield path.name


def _root() -> Path:
    root = Path(settings.VAR_DIR) / "uploads"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root
