from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounting.management.arguments import add_batch_argument, find_batch
from accounting.models import Batch
from accounting.zips.export import export_batch
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand, UsageError
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Verify the checksum of a batch's zip, then copy it to a new file."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_batch_argument(parser)
        parser.add_argument(
            "--to", required=True, type=Path, metavar="FILE", help="the file to write"
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        batch = find_batch(options)
        target: Path = options["to"]
        if target == Path("-"):
            raise UsageError("The zip can't go to standard output; name a file.")
        if target.is_dir():
            raise UsageError(f"“{target}” is a folder; name a file in it.")
        if not target.parent.is_dir():
            raise UsageError(f"There is no folder “{target.parent}”.")
        if target.exists() or target.is_symlink():
            raise UsageError(f"“{target}” already exists and is not overwritten.")
        try:
            size = export_batch(batch=batch, target=target, origin=origin)
        except OSError as error:
            message = f"“{target}” could not be written: {error.strerror or error}."
            raise CommandError(message, returncode=EXIT_PROBLEM) from error
        if batch.status == Batch.Status.UNDONE:
            # On stderr: what the page asks before it hands out such a zip.
            self.stderr.write(
                f"Batch {batch.pk} was undone: its documents are unbatched again, so loading "
                "this zip may enter them in the books twice.",
                self.style.WARNING,
            )
        if options["json"]:
            self.print_json(
                {"batch": batch.pk, "path": str(target), "size": size, "sha256": batch.sha256}
            )
        else:
            self.stdout.write(f"{target}: {size:,} bytes, SHA-256 {batch.sha256}")
        return None
