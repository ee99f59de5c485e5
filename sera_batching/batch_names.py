"""Names of batches (domain.md §5): the name is also the zip's name on the user's machine."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

from sera_batching.exceptions import Refused

NAME_LENGTH: Final = 100
DEFAULT_PATTERN: Final = "Batch_{date}_{time}"
PATTERN_LENGTH: Final = 80
"""What it becomes must fit into a name."""
_LONGEST: Final = datetime(2026, 9, 30, 23, 59, tzinfo=UTC)
"""A moment in the month with the longest name."""
_PLACES: Final = {"date": "%Y-%m-%d", "time": "%H%M", "month": "%B %Y"}
_PATH_CHARACTERS: Final = '/\\:*?"<>|'
_RESERVED_NAMES: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL"] + [f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"]
)


def clean_batch_name(text: str) -> str:
    """Return the name with `.zip` added once; Refused, saying why, if no file can have it."""
    name = text.strip()
    if name.lower().endswith(".zip"):
        name = name[:-4].rstrip()
    if not name:
        raise Refused("Enter a name for the batch.")
    if len(name) > NAME_LENGTH:
        raise Refused(
            f"The name has {len(name)} characters; use at most {NAME_LENGTH}, without .zip."
        )
    for character in name:
        if character in _PATH_CHARACTERS:
            raise Refused(f"The name may not contain {character}: file names can't have it.")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise Refused("The name may not contain line breaks or invisible characters.")
    if name.startswith(".") or name.endswith("."):
        raise Refused("The name may not begin or end with a dot.")
    if name.split(".")[0].rstrip().upper() in _RESERVED_NAMES:
        raise Refused(f"Windows reserves the name {name}; choose another.")
    return f"{name}.zip"


def name_by_pattern(pattern: str, now: datetime) -> str:
    """Return the name that a pattern suggests at a moment (in the company's time zone).

    `{date}` becomes 2026-11-02, `{time}` 1042, `{month}` November 2026.
    """
    return re.sub(
        r"\{([^{}]*)\}", lambda found: now.strftime(_PLACES.get(found[1], found[0])), pattern
    )


def check_pattern(pattern: str) -> None:
    """Raise Refused for a pattern with an unknown placeholder, or whose names are invalid."""
    for place in re.findall(r"\{([^{}]*)\}", pattern):
        if place not in _PLACES:
            raise Refused(f"There is no {{{place}}}; use {{date}}, {{time}} and {{month}}.")
    clean_batch_name(name_by_pattern(pattern, _LONGEST))
