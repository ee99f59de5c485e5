"""The progress of a build: reserved, writing file 4 of 7, stored (screens.md)."""

from dataclasses import dataclass
from typing import Final

from accounting.models import Batch
from accounting.workbooks.layouts import FILES

STORING: Final = len(FILES) + 1
"""The value of Batch.progress while the zip is being stored."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three steps; `state` is done, current, waiting or failed."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What the batch page shows; `value` of `maximum` for the bar, one sentence for people."""

    steps: tuple[Step, ...]
    value: int
    maximum: int
    sentence: str
    is_running: bool

    @property
    def mark(self) -> str:
        """Identifies this state, so that nothing is announced twice."""
        return f"{self.value}-{self.is_running:d}"


def progress_of(batch: Batch) -> Progress:
    """Return how far a batch is: one step for the claim, one a file, one for storing."""
    done = _finished_parts(batch)
    return Progress(
        steps=(
            Step("Reserved", "done"),
            Step(_writing_label(batch), _writing_state(batch)),
            Step("Stored", _storing_state(batch)),
        ),
        value=done,
        maximum=STORING + 1,
        sentence=_sentence(batch),
        is_running=batch.status in (Batch.Status.QUEUED, Batch.Status.BUILDING),
    )


def _finished_parts(batch: Batch) -> int:
    if batch.status == Batch.Status.BUILDING:
        return max(batch.progress, 1)
    return STORING + 1 if batch.has_zip else 1


def _is_writing(batch: Batch) -> bool:
    return batch.status == Batch.Status.BUILDING and 1 <= batch.progress <= len(FILES)


def _writing_label(batch: Batch) -> str:
    if _is_writing(batch):
        return f"Writing file {batch.progress} of {len(FILES)}"
    return f"{len(FILES)} files written" if batch.has_zip else f"Writing {len(FILES)} files"


def _writing_state(batch: Batch) -> str:
    if batch.has_zip or (batch.status == Batch.Status.BUILDING and batch.progress >= STORING):
        return "done"
    if batch.status == Batch.Status.FAILED:
        return "failed"
    return "current" if batch.status == Batch.Status.BUILDING else "waiting"


def _storing_state(batch: Batch) -> str:
    if batch.has_zip:
        return "done"
    is_storing = batch.status == Batch.Status.BUILDING and batch.progress >= STORING
    return "current" if is_storing else "waiting"


def _sentence(batch: Batch) -> str:
    if batch.status == Batch.Status.QUEUED:
        return "The documents are reserved. The files are waiting to be built."
    if batch.status == Batch.Status.BUILDING:
        if _is_writing(batch):
            title = FILES[batch.progress - 1].title
            return f"Writing file {batch.progress} of {len(FILES)}: {title}."
        return "Storing the zip." if batch.progress >= STORING else "Preparing the files."
    if batch.status == Batch.Status.FAILED:
        return "The files could not be written."
    return "The zip is stored."
