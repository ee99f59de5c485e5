from collections.abc import Mapping
from typing import Any

from accounting.invariants import INVARIANTS, Breach, find_breaches
from sera_batching.commands import EXIT_PROBLEM, OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Check every invariant of the books; print each breach with its rows."

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        origin.require("accounting.view_unbatched")
        count = 0
        for breach in find_breaches():
            count += 1
            if options["json"]:
                self.print_json(breach.to_json())
            else:
                self.show(breach)
        if options["json"]:
            self.print_json({"checked": len(INVARIANTS), "breaches": count})
        else:
            breaches = "1 breach" if count == 1 else f"{count:,} breaches"
            self.stdout.write(f"{len(INVARIANTS)} invariants checked, {breaches}.")
        return EXIT_PROBLEM if count else None

    def show(self, breach: Breach) -> None:
        self.stdout.write(f"{breach.invariant}: {breach.message}")
        for row in breach.rows:
            values = ", ".join(f"{name}={value}" for name, value in row.items())
            self.stdout.write(f"  {values}")
