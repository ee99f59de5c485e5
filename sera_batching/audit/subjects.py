"""What events are about: each app names the subjects of the actions that it records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Subject:
    """The first word of an action, and what the filter of the audit trail calls it.

    The lower position comes first.
    """

    position: int
    word: str
    label: str


_SUBJECTS: Final[list[Subject]] = []


def register_subjects(*subjects: Subject) -> None:
    """Add subjects; an app calls this for its own."""
    _SUBJECTS.extend(subjects)


def subject_labels() -> Mapping[str, str]:
    """Return the label of each word, in the order of the filter."""
    ordered = sorted(_SUBJECTS, key=lambda subject: subject.position)
    return {subject.word: subject.label for subject in ordered}


register_subjects(
    Subject(170, "user", "Users and sign-ins"),
    Subject(200, "company", "Settings"),
    Subject(210, "audit", "Audit trail"),
)
