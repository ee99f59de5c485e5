from collections.abc import Mapping
from typing import Any

from sera_batching.audit.seals import seal_audit
from sera_batching.commands import OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Seal what was written to the audit trail, as the beat does each minute."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("sera_batching.view_auditevent")
        seals = seal_audit()
        if options["json"]:
            self.print_json({"sealed": [seal.number for seal in seals]})
        else:
            for seal in seals:
                self.stdout.write(f"{seal}, {seal.digest}")
            if not seals:
                self.stdout.write("Everything is already sealed.")
        return None
