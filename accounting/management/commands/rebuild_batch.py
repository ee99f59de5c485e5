from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounting.management.arguments import add_batch_argument, find_batch
from accounting.zips.downloads import compare_zip, is_stored_as_recorded, rebuild_zip
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Rebuild the zip of a batch from its frozen items, to compare or to restore it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_batch_argument(parser)
        parser.add_argument(
            "--verify", action="store_true", help="compare only; leave the stored zip as it is"
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.retry_batch")
        batch = find_batch(options)
        recorded = batch.sha256
        if options["verify"]:
            comparison = compare_zip(batch)
        else:
            comparison = rebuild_zip(batch=batch, origin=origin)
        is_stored = is_stored_as_recorded(batch)
        result = {
            "batch": batch.pk,
            "recorded_sha256": recorded,
            "built_sha256": comparison.built.sha256,
            "same_bytes": comparison.has_same_bytes,
            "same_content": comparison.has_same_content,
            "stored_as_recorded": is_stored,
        }
        if options["json"]:
            self.print_json(result)
        else:
            self.stdout.write(_sentence(result))
        return None if comparison.has_same_content and is_stored else EXIT_PROBLEM


def _sentence(result: Mapping[str, Any]) -> str:
    if not result["same_content"]:
        first = "rebuilt, its content differs from what was recorded"
    elif result["same_bytes"]:
        first = "rebuilt, it is identical byte for byte"
    else:
        first = "rebuilt, its content is identical but packed differently by this machine"
    stored = "" if result["stored_as_recorded"] else "; the stored zip is missing or altered"
    return f"Batch {result['batch']}: {first}{stored}."
