"""Reading lines in bounded memory, whatever they contain (reliability.md, B10)."""

import io
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from feed.fields import FieldError
from feed.lines import LONGEST_LINE, ByteLines, Line, read_lines
from feed.parsing import parse_line


def read(source: bytes | ByteLines) -> list[Line | str]:
    """Return the lines, with "too long" for the first one if it was."""
    lines = list(read_lines(io.BytesIO(source) if isinstance(source, bytes) else source))
    return ["too long" if line.number == 1 and line.size == 0 else line for line in lines]


def test_lines_are_numbered_and_blank_ones_are_skipped() -> None:
    assert read(b"a\n\n \t\r\nb\r\nc") == [Line(1, b"a\n"), Line(4, b"b\r\n"), Line(5, b"c")]


def test_an_empty_feed_has_no_lines() -> None:
    assert read(b"") == []


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n") == [Line(1, b"a\n"), Line(2, b"\xef\xbb\xbfb\n")]


def test_a_feed_of_nothing_but_a_byte_order_mark_has_no_lines() -> None:
    assert read(b"\xef\xbb\xbf") == []


def test_the_longest_line_is_kept() -> None:
    longest = b"x" * (LONGEST_LINE - 1) + b"\n"
    assert read(longest + b"b\n") == [Line(1, longest), Line(2, b"b\n")]


def test_a_longer_line_is_skipped_and_the_next_one_is_read() -> None:
    assert read(b"x" * (LONGEST_LINE + 1) + b"\nb\n") == ["too long", Line(2, b"b\n")]


def test_a_longer_line_may_be_the_last_one() -> None:
    assert read(b"x" * 3 * LONGEST_LINE) == ["too long"]


def test_a_line_of_300_mb_takes_no_more_memory_than_the_longest_one() -> None:
    class Endless:
        left = 300

        def readline(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * size if self.left > 0 else b""

    tracemalloc.start()
    try:
        lines = read(Endless())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert lines == ["too long"]
    assert peak // LONGEST_LINE < 5


@pytest.mark.parametrize(
    ("content", "field", "reason"),
    [
        (
            FieldError("has more than 1,000,000 bytes; split the record", "line"),
            "line",
            "has more than 1,000,000 bytes; split the record",
        ),
        (b"\xff\xfe{}", "line", "is not UTF-8 (byte 1); save the file as UTF-8"),
        (
            b"job 55",
            "line",
            "is not JSON at character 1 (Expecting value); send one record per line",
        ),
        (b"[1]", "line", "must be one JSON object in curly braces"),
        (b"null", "line", "must be one JSON object in curly braces"),
        (
            b'{"type":"job","rate":NaN}',
            "line",
            "contains NaN, which isn't JSON; send a decimal string",
        ),
        (
            b'{"type":"job","rate":-Infinity}',
            "line",
            "contains -Infinity, which isn't JSON; send a decimal string",
        ),
        (b"[" * 100_000, "line", "is nested too deeply; send a flat record"),
        (b'{"n":' + b"9" * 5000 + b"}", "line", "contains a number with too many digits"),
        (b'{"type":"job","type":"job"}', "type", "appears twice; send it once"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "b", "appears twice; send it once"),
    ],
)
def test_a_line_that_is_no_record_is_refused(
    content: bytes | FieldError, field: str, reason: str, raises_field_error: Callable[..., Any]
) -> None:
    with raises_field_error(field, reason):
        parse_line(Line(1, content))


TYPES = (
    "department, customer, job, invoice, invoice_action, payment, payment_action, refund, "
    "credit_memo, batched_before"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{}", f"is missing; it must be one of: {TYPES}"),
        (b'{"type":null}', f"is missing; it must be one of: {TYPES}"),
        (b'{"type":"estimate"}', f"must be one of: {TYPES}"),
        (b'{"type":["job"]}', f"must be one of: {TYPES}"),
    ],
)
def test_an_unknown_type_is_refused(
    content: bytes, reason: str, raises_field_error: Callable[..., Any]
) -> None:
    with raises_field_error("type", reason):
        parse_line(Line(1, content))
