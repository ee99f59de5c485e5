from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from sera_batching.audit.seals import verify_audit
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Verify the audit trail: find events that were changed, removed, inserted, or moved."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--head",
            default="",
            metavar="NUMBER:DIGEST",
            help="a head that was printed earlier and kept elsewhere; must still be in the chain",
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("sera_batching.view_auditevent")
        found = verify_audit(expected_head=options["head"])
        if options["json"]:
            self.print_json(
                {
                    "blocks": found.blocks,
                    "events": found.events,
                    "unsealed": found.unsealed,
                    "head": found.head,
                    "problems": list(found.problems),
                }
            )
        else:
            for problem in found.problems:
                self.stdout.write(problem)
            self.stdout.write(
                f"{found.events:,} events in {found.blocks:,} blocks verified; "
                f"{found.unsealed:,} written since. Head: {found.head or 'none yet'}"
            )
        return EXIT_PROBLEM if found.problems else None
