from collections.abc import Mapping
from typing import Any

from accounting.checks.recheck import recheck_documents
from sera_batching.commands import OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Check every document again, as `migrate` does after the checks have changed."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("sera_batching.change_company")
        rechecked = recheck_documents().to_json()
        if options["json"]:
            self.print_json(rechecked)
            return None
        looked_at = sum(rechecked.values()) - rechecked["findings"]
        self.stdout.write(f"{looked_at:,} checked; findings: {rechecked['findings']:,}.")
        return None
