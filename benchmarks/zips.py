"""From the items of a batch to its zip: objects and openpyxl's normal mode beside ours.

Both read the same items and make the same rows; each in a process of its own, for its memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import django

from benchmarks.measuring import peak_megabytes

OURS: Final = "ours"
NAIVE: Final = "objects, openpyxl normal mode"
WAYS: Final = (OURS, NAIVE)


def measure_apart(way: str, batch_id: int) -> tuple[float, float]:
    """Write the zip in a new process; return seconds and peak MB."""
    command = [sys.executable, "-m", "benchmarks.zips", "--way", way, "--batch", str(batch_id)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    return found["seconds"], found["peak_mb"]


def main() -> None:
    """Write one zip of a batch in the database of the environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--batch", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    # Only now are there models to import.
    from accounting.models import Batch
    from accounting.zips.write import write_zip
    from benchmarks.naive import write_naively

    batch = Batch.objects.get(pk=options.batch)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.zip"
        started = time.perf_counter()
        if options.way == OURS:
            with path.open("w+b") as target:
                write_zip(batch, target)
        else:
            write_naively(batch, path)
        seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": peak_megabytes()}))


if __name__ == "__main__":
    main()
