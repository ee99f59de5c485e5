"""Fill an empty database with a company's books of any size, to try the program on them.

`python -m benchmarks.books --documents 1000000 --unbatched 100000` fills the database that
DATABASE_URL names, by COPY or executemany: three fifths are invoices, the rest payments; what is
not unbatched stands in the Opening batch. `check_books` is clean on it. Refused for a database that
has documents.
"""

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Final

import django

if TYPE_CHECKING:
    from benchmarks.sizes import Size

OF_FIVE_INVOICES: Final = 3
LINES: Final = 5


def main() -> None:
    """Migrate, fill, and say how long it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.books", description=__doc__)
    parser.add_argument("--documents", type=int, required=True, help="invoices and payments")
    parser.add_argument(
        "--unbatched", type=int, required=True, help="how many of them are unbatched"
    )
    parser.add_argument("--lines", type=int, default=LINES, help="lines of an unbatched invoice")
    options = parser.parse_args()
    if not 0 < options.unbatched <= options.documents:
        parser.error("--unbatched is more than 0 and at most --documents")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sera_batching.settings")
    django.setup()
    # Only now are there models to import.
    from django.core.management import call_command

    from benchmarks.data import make_books

    call_command("migrate", verbosity=0)
    size = size_of(documents=options.documents, unbatched=options.unbatched, lines=options.lines)
    started = time.perf_counter()
    try:
        make_books(size)
    except RuntimeError as error:
        sys.exit(str(error))
    seconds = time.perf_counter() - started
    sys.stdout.write(f"Made {options.documents:,} documents in {seconds:,.0f} s.\n")


def size_of(*, documents: int, unbatched: int, lines: int = LINES) -> "Size":
    """Return the size of books with so many documents, so many of them unbatched."""
    from benchmarks.sizes import Size

    invoices = unbatched * OF_FIVE_INVOICES // 5
    batched = documents - unbatched
    batched_invoices = batched * OF_FIVE_INVOICES // 5
    return Size(
        invoices=invoices,
        payments=unbatched - invoices,
        lines=lines,
        batched_invoices=batched_invoices,
        batched_payments=batched - batched_invoices,
    )


if __name__ == "__main__":
    main()
