"""Readers of single values: each returns what it read or raises FieldError with what to do.

A record is a dataclass whose fields name their reader; nothing is ever guessed (feed.md).
"""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeVar, cast
from zoneinfo import ZoneInfo

from sera_batching.money import LARGEST_CENTS, MoneyError, parse_cents

LONGEST_TEXT: Final = 32_000
FIRST_DAY: Final = date(1901, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_SUSPECT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters, lone surrogates and noncharacters."""
_UPPER_NONCHARACTERS: Final = re.compile(
    "["
    + "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)


class FieldError(Exception):
    """What is wrong with one field and what to do; `field` is its path in the record."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field

    def inside(self, outer: str) -> "FieldError":
        """Return the same error with the path of the enclosing object."""
        separator = "." if self.field and not self.field.startswith("[") else ""
        return FieldError(self.reason, f"{outer}{separator}{self.field}")


class Reader(Protocol[Value_co]):
    """Converts a JSON value, or raises FieldError."""

    def __call__(self, value: object, /) -> Value_co: ...


def reads(reader: Reader[Value], *, key: str = "", default: Any = dataclasses.MISSING) -> Value:
    """Declare a field of a record: its reader, its JSON name, and its default."""
    field = dataclasses.field(default=default, metadata={"reader": reader, "key": key})
    return cast("Value", field)


def text(
    longest: int, *, may_be_empty: bool = False, may_break: bool = False, is_name: bool = False
) -> Reader[str]:
    """Read text of limited length; tab and newline are allowed only if it `may_break`."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise FieldError("must be text in double quotes")
        if not may_be_empty and not value.strip():
            raise FieldError("must not be empty")
        if is_name and value != value.strip():
            raise FieldError("begins or ends with a space; remove it")
        if len(value) > longest:
            raise FieldError(f"has {len(value):,} characters; shorten it to {longest:,}")
        if may_break:
            value = value.replace("\r\n", "\n")
        _refuse_illegal_characters(value, may_break=may_break)
        return value

    return read


def _refuse_illegal_characters(value: str, *, may_break: bool) -> None:
    if value.isprintable():
        return
    for pattern in (_SUSPECT, _UPPER_NONCHARACTERS):
        for match in pattern.finditer(value):
            character = match.group()
            if may_break and character in "\t\n":
                continue
            kind = {"Cc": "control character", "Cs": "lone surrogate"}.get(
                unicodedata.category(character), "noncharacter"
            )
            allowed = " (only tab and newline are allowed here)" if may_break else ""
            raise FieldError(
                f"contains the {kind} U+{ord(character):04X} at character "
                f"{match.start() + 1}; remove it{allowed}"
            )


def free_text() -> Reader[str]:
    """Read a memo, a message or a description: may be empty, may have tabs and newlines."""
    return text(LONGEST_TEXT, may_be_empty=True, may_break=True)


def document_number() -> Reader[str]:
    """Read the number that identifies a document."""
    return text(64, is_name=True)


def boolean(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise FieldError("must be true or false")
    return value


def day(value: object) -> date:
    """Read an ISO date."""
    wish = "must be a date like 2026-11-02"
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise FieldError(wish)
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise FieldError(f"{value} isn't a calendar date; it {wish}") from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise FieldError(f"must lie between {FIRST_DAY} and {LAST_DAY}")
    return found


def cents(*, least: int = -LARGEST_CENTS) -> Reader[int]:
    """Read an amount, a decimal string, as cents."""

    def read(value: object) -> int:
        if isinstance(value, str) and not value.isprintable():
            raise FieldError('must be a decimal string such as "150.00"')
        try:
            amount = parse_cents(value)
        except MoneyError as error:
            raise FieldError(str(error)) from None
        if amount < least:
            raise FieldError("must not be negative" if least == 0 else "must be more than 0.00")
        return amount

    return read


def decimal(*, least: Decimal | None = None, below: Decimal | None = None) -> Reader[Decimal]:
    """Read a quantity or a rate: a decimal string with at most six decimals."""

    def read(value: object) -> Decimal:
        if not isinstance(value, str):
            raise FieldError('must be a decimal string such as "1.5"')
        if not _DECIMAL.fullmatch(value):
            raise FieldError(
                'must be a plain decimal such as "1.5", '
                "with at most 9 digits before and 6 after the point"
            )
        found = Decimal(value)
        if least is not None and found < least:
            raise FieldError(f"must be at least {least}")
        if below is not None and found >= below:
            raise FieldError(f"must be less than {below}")
        return found

    return read


def choice(words: Collection[str]) -> Reader[str]:
    """Read one of a few words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise FieldError(f"must be one of: {', '.join(words)}")
        return value

    return read


def zone(value: object) -> str:
    """Read the name of a time zone."""
    name = text(64)(value)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise FieldError("must be a time zone like America/Chicago") from None
    return name


def nullable(reader: Reader[Value]) -> Reader[Value | None]:
    """Read null as None, anything else with `reader`."""

    def read(value: object) -> Value | None:
        return None if value is None else reader(value)

    return read


def listed(
    reader: Reader[Value], *, least: int = 0, singular: str = ""
) -> Reader[tuple[Value, ...]]:
    """Read a list with a minimum number of entries."""

    def read(value: object) -> tuple[Value, ...]:
        if not isinstance(value, list):
            raise FieldError("must be a list in square brackets")
        if len(value) < least:
            raise FieldError(f"is empty; send at least one {singular}")
        return tuple(_read_entry(reader, index, entry) for index, entry in enumerate(value))

    return read


def _read_entry(reader: Reader[Value], index: int, entry: object) -> Value:
    try:
        return reader(entry)
    except FieldError as error:
        raise error.inside(f"[{index}]") from None


def nested(record_type: type[Value]) -> Reader[Value]:
    """Read an object inside a record."""

    def read(value: object) -> Value:
        return read_object(record_type, value)

    return read


def read_object(record_type: type[Value], content: object) -> Value:
    """Read a JSON object strictly: no unknown field, and none missing without a default."""
    if not isinstance(content, dict):
        raise FieldError("must be an object in curly braces")
    fields = fields_of(record_type)
    if not content.keys() <= fields.keys():
        key = next(key for key in content if key not in fields)
        name = key if len(key) <= 64 and key.isprintable() else ascii(key[:64])
        raise FieldError(f"is not a known field; known are: {', '.join(fields)}", name)
    values: dict[str, Any] = {}
    for key, (name, reader, is_required, _) in fields.items():
        if key in content:
            try:
                values[name] = reader(content[key])
            except FieldError as error:
                raise error.inside(key) from None
        elif is_required:
            raise FieldError("is missing", key)
    return record_type(**values)


class ReadField(NamedTuple):
    """A field of a record, and how it is read."""

    name: str
    reader: Callable[[object], object]
    is_required: bool
    default: object


_FIELDS: Final[dict[type, Mapping[str, ReadField]]] = {}


def fields_of(record_type: type[Any]) -> Mapping[str, ReadField]:
    """Return JSON name → field; computed once per type."""
    if record_type not in _FIELDS:
        _FIELDS[record_type] = {
            field.metadata["key"] or field.name: ReadField(
                field.name,
                field.metadata["reader"],
                field.default is dataclasses.MISSING,
                field.default,
            )
            for field in dataclasses.fields(record_type)
        }
    return _FIELDS[record_type]
