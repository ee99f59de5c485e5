from collections.abc import Mapping
from typing import Any

from accounting.sweep import sweep
from sera_batching.commands import OperatorCommand
from sera_batching.exceptions import ServiceDown
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Do what the beat does each minute: requeue lost builds and delete leftovers."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.retry_batch")
        swept = sweep()
        if options["json"]:
            self.print_json(
                {
                    "queued_again": list(swept.queued_again),
                    "not_queued": list(swept.not_queued),
                    "failed": list(swept.failed),
                    "drafts_dropped": swept.drafts_dropped,
                    "files_dropped": swept.files_dropped,
                }
            )
        else:
            self.stdout.write(
                f"Queued again: {_named(swept.queued_again)}. Failed: {_named(swept.failed)}. "
                f"Dropped: {swept.drafts_dropped} drafts, {swept.files_dropped} files."
            )
        if swept.not_queued:
            raise ServiceDown(
                f"The message queue is down: batch {_named(swept.not_queued)} stays queued."
            )
        return None


def _named(batch_ids: tuple[int, ...]) -> str:
    return ", ".join(map(str, batch_ids)) or "none"
