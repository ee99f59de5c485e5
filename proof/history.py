"""Records a history, so that a person can replay it."""

import datetime
import json
import shlex
from dataclasses import dataclass, field
from typing import Final

from proof.batching import Selection
from proof.documents import Record

ID_OF: Final = r"id_of() { tee /dev/stderr | sed -n 's/^Batch \([0-9]*\):.*/\1/p'; }"
"""Shows what `make_batch` prints, and passes on the id of the batch."""


@dataclass
class History:
    """Records and commands in their order."""

    steps: list[Record | str] = field(default_factory=list)

    def feed(self, record: Record) -> None:
        """A record was fed, or somebody acted on a page."""
        if record["type"] == "page":
            self.comment(f"on a page: {json.dumps(record)}")
        else:
            self.steps.append(record)

    def make_batch(self, selection: Selection, *, number: int | None, fails: bool = False) -> None:
        """A batch was made, the one of this number in the model; or none, as there was nothing."""
        words = ["make_batch", "--here"]
        options = {
            "--from": selection.date_from,
            "--to": selection.date_to,
            "--department": selection.department,
            "--kind": selection.kind,
            "--search": selection.search,
            "--only": selection.only,
        }
        for option, value in options.items():
            if value:
                words += [option, str(value)]
        for name in selection.include:
            words += ["--include", name]
        for name in selection.exclude:
            words += ["--exclude", name]
        environment = "VAR_DIR=/dev/null/nowhere " if fails else ""
        command = f"{environment}python manage.py {shlex.join(words)}"
        self.steps.append(command if number is None else f"batch_{number}=$({command} | id_of)")

    def undo(self, number: int, *, with_dependents: bool) -> None:
        """A batch was undone or released."""
        flags = ["--with-dependents"] if with_dependents else []
        words = ["--reason", "a test", "--yes", *flags]
        self.steps.append(f'python manage.py undo_batch "$batch_{number}" {shlex.join(words)}')

    def retry(self, number: int) -> None:
        """Retry was pressed on a failed batch."""
        self.comment(f"Retry is pressed on batch $batch_{number}")

    def close_books(self, closing_date: datetime.date | None) -> None:
        """The closing date in the settings was changed."""
        self.comment(f"the closing date in Settings is now {closing_date or 'blank'}")

    def comment(self, text: str) -> None:
        """Something happened that no command does."""
        self.steps.append(f"# {text}")

    def __str__(self) -> str:
        """Return feed files and commands for a shell, in an empty database.

        The ids of batches are those that are printed when the batches are made.
        """
        lines: list[str] = [ID_OF]
        is_feeding = False
        for step in [*self.steps, "python manage.py unbatched --json"]:
            if isinstance(step, str):
                if is_feeding:
                    lines.append("FEED")
                is_feeding = False
                lines.append(step)
            else:
                if not is_feeding:
                    lines.append("python manage.py import_feed - <<'FEED'")
                is_feeding = True
                lines.append(json.dumps(step))
        return "\n".join(lines)
