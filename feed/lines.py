"""A feed as lines, read in bounded memory whatever it contains (reliability.md, B10)."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from feed.fields import FieldError

LONGEST_LINE: Final = 1_000_000
"""In bytes; a longer line is refused and skipped without being held in memory."""
TOO_LONG: Final = f"has more than {LONGEST_LINE:,} bytes; split the record"
WHOLE_LINE: Final = "line"
"""The field of a problem with the line itself."""


class ByteLines(Protocol):
    """Anything that yields lines of bytes: a file, standard input, an upload, a request body."""

    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: a record as JSON, or why it cannot be read."""

    number: int
    content: bytes | FieldError

    @property
    def size(self) -> int:
        return 0 if isinstance(self.content, FieldError) else len(self.content)


def read_lines(source: ByteLines) -> Iterator[Line]:
    """Yield the lines with their numbers from 1, skipping blank ones and a byte order mark."""
    number = 0
    while content := source.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if len(content) > LONGEST_LINE and not content.endswith(b"\n"):
            _skip_rest_of_line(source)
            yield Line(number, FieldError(TOO_LONG, WHOLE_LINE))
        elif content.strip():
            yield Line(number, content)


def _skip_rest_of_line(source: ByteLines) -> None:
    while rest := source.readline(LONGEST_LINE):
        if rest.endswith(b"\n"):
            return
