"""The zip of a batch: workbooks in load order, then the settings card; always the same bytes."""

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final, TypedDict

from accounting.workbooks.layouts import CARD_NAME

_CHUNK: Final = 1 << 20
_UNIX: Final = 3
_FORBIDDEN: Final = frozenset('/\\:*?"<>|')


class SealedFile(TypedDict):
    """Size in bytes and SHA-256 of a finished zip."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the zip: its size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """The finished zip: size in bytes, SHA-256, and its members in order."""

    size: int
    sha256: str
    members: tuple[Member, ...]


def write_archive(
    target: BinaryIO, *, members: Iterable[tuple[str, BinaryIO]], card: str
) -> ArchiveSummary:
    """Write the workbooks (name, file at its start) in the given order and the card as last member.

    The members are stored, not compressed: workbooks are compressed already. `target` is an empty,
    seekable file open for writing and reading. Raise ValueError for a repeated or unsafe name.
    """
    written: list[Member] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, source in members:
            if name in {member.name for member in written} or name == CARD_NAME:
                raise ValueError(f'The zip has a file "{name}" already.')
            written.append(_copy(archive, name, source))
        # Windows line ends: the card is opened by a double click on any machine.
        content = card.replace("\n", "\r\n").encode()
        with archive.open(CARD_NAME, "w") as part:
            part.write(content)
        written.append(Member(CARD_NAME, len(content), hashlib.sha256(content).hexdigest()))
        sealed = seal(archive, target)
    return ArchiveSummary(**sealed, members=tuple(written))


def seal(archive: zipfile.ZipFile, target: BinaryIO) -> SealedFile:
    """Close the zip with the same directory on every system; return the facts of the file."""
    for info in archive.filelist:
        info.create_system = _UNIX
    archive.close()
    target.seek(0)
    sha256 = hashlib.sha256()
    while chunk := target.read(_CHUNK):
        sha256.update(chunk)
    return SealedFile(size=target.tell(), sha256=sha256.hexdigest())


def _copy(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> Member:
    if not name.isprintable() or _FORBIDDEN & set(name):
        raise ValueError(f"{name!r} is not a plain file name.")
    sha256 = hashlib.sha256()
    size = 0
    with archive.open(name, "w") as part:
        while chunk := source.read(_CHUNK):
            part.write(chunk)
            sha256.update(chunk)
            size += len(chunk)
    return Member(name, size, sha256.hexdigest())
