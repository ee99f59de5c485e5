"""Parses a line of bytes into a record, or the problem that refuses it (feed.md, Rules)."""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from feed.fields import FieldError, read_object
from feed.lines import WHOLE_LINE, Line
from feed.records import RECORD_TYPES, Record


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line was refused, and what to do; `str` is what is printed."""

    source: str
    line: int
    field: str
    reason: str

    def to_json(self) -> dict[str, str | int]:
        return {
            "file": self.source,
            "line": self.line,
            "field": self.field,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.field}: {self.reason}"


def parse_line(line: Line) -> Record:
    """Return the record of a line; raise FieldError for anything else."""
    if isinstance(line.content, FieldError):
        raise line.content
    content = _decode_json(_decode_text(line.content))
    if not isinstance(content, dict):
        raise FieldError("must be one JSON object in curly braces", WHOLE_LINE)
    type_name = content.pop("type", None)
    if type_name is None:
        raise FieldError(f"is missing; it must be one of: {', '.join(RECORD_TYPES)}", "type")
    if not isinstance(type_name, str) or type_name not in RECORD_TYPES:
        raise FieldError(f"must be one of: {', '.join(RECORD_TYPES)}", "type")
    return read_object(RECORD_TYPES[type_name], content)


def _decode_text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FieldError(
            f"is not UTF-8 (byte {error.start + 1}); save the file as UTF-8", WHOLE_LINE
        ) from None


def _decode_json(text: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_object_of_distinct_keys, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise FieldError(
            f"is not JSON at character {error.pos + 1} ({error.msg}); send one record per line",
            WHOLE_LINE,
        ) from None
    except RecursionError:
        raise FieldError("is nested too deeply; send a flat record", WHOLE_LINE) from None
    except ValueError:
        raise FieldError("contains a number with too many digits", WHOLE_LINE) from None


def _object_of_distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise FieldError("appears twice; send it once", ascii(repeated[:64])[1:-1])
    return content


def _refuse_constant(constant: str) -> NoReturn:
    raise FieldError(f"contains {constant}, which isn't JSON; send a decimal string", WHOLE_LINE)
