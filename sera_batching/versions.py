"""What a document was when a form on it was opened, as the text that the form carries."""

from typing import Final

Version = dict[str, str]
LONGEST: Final = 500


def version_text(version: Version) -> str:
    """Return the parts of a version as "status=pending;revision=2"."""
    return ";".join(f"{name}={value}" for name, value in version.items())


def read_version(text: str) -> Version:
    """Return the parts of a version; anything else has none and so matches no document."""
    pairs = (part.partition("=") for part in text[:LONGEST].split(";"))
    return {name: value for name, equals, value in pairs if equals}
