from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from demo.seeding import demo_records, seed_demo
from sera_batching.commands import OperatorCommand
from sera_batching.origin import Origin


class Command(OperatorCommand):
    help = "Fill an empty database with a sample company that has every kind of row."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--invoices", type=int, default=300, metavar="N", help="how many (default: 300)"
        )
        parser.add_argument(
            "--seed", type=int, default=1, metavar="S", help="another company (default: 1)"
        )
        parser.add_argument(
            "--print",
            action="store_true",
            help="write the company as a feed; leave the database as it is",
        )

    def operate(self, *, origin: Origin, options: Mapping[str, Any]) -> int | None:
        seed, invoices = options["seed"], options["invoices"]
        if options["print"]:
            for record in demo_records(seed=seed, invoices=invoices):
                self.print_json(record)
            return None
        report = seed_demo(seed=seed, invoices=invoices, origin=origin)
        counts = report.to_json() if report else {}
        if options["json"]:
            self.print_json({"seeded": report is not None, **counts})
        elif report is None:
            self.stdout.write("The demo data is already here; nothing was changed.")
        elif options["verbosity"]:
            self.stdout.write(f"Created the sample company: {report.created:,} records.")
        return None
