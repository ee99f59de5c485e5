"""Which text is accepted: what no workbook can contain is refused on input (reliability.md, B2)."""

import re
from typing import Final

from sera_batching.exceptions import Refused

LONGEST_TEXT: Final = 32_000
"""A workbook cell takes 32,767 characters; longer text would be cut silently."""

_NOT_IN_A_LINE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def checked_line(text: str, *, label: str, longest: int = LONGEST_TEXT) -> str:
    """Return text of one line unchanged; Refused if it is too long or has control characters."""
    if len(text) > longest:
        raise Refused(f"The {label} has {len(text)} characters; the limit is {longest}.")
    if _NOT_IN_A_LINE.search(text):
        raise Refused(f"The {label} contains a control character, which no workbook can carry.")
    return text


def checked_text(text: str, *, label: str) -> str:
    """Return text with tabs and line breaks, normalized to newlines; raise Refused otherwise.

    A browser sends the line breaks of a text box as CR LF.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"The {label} has {len(text)} characters; the limit is {LONGEST_TEXT}.")
    if _NOT_IN_TEXT.search(text):
        raise Refused(f"The {label} contains a control character, which no workbook can carry.")
    return text


def required_line(text: str, *, label: str, longest: int = LONGEST_TEXT) -> str:
    """Return text of one line that is not empty; raise Refused otherwise."""
    if not text.strip():
        raise Refused(f"The {label} is missing.")
    return checked_line(text, label=label, longest=longest)
