"""A process that writes parts of a batch's files for its builder; see `zips.helpers`.

It reads one JSON object per line from standard input, first the database and batch, then each part,
and prints one per written part. It ends with its input: when all is done, or when the builder is
gone.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import django


def main() -> None:
    """Write every part that is asked for."""
    # Ctrl-C is for the builder, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start = json.loads(sys.stdin.readline())
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = start["database"]
    django.setup()
    # Models can be imported only now.
    from accounting.models import Batch
    from accounting.zips.parts import Part, build_part

    batch = Batch.objects.get(pk=start["batch"])
    for line in sys.stdin:
        asked = json.loads(line)
        with Path(asked["path"]).open("r+b") as target:
            written = build_part(batch, Part(**asked["part"]), target)
        print(json.dumps(asdict(written)), flush=True)


if __name__ == "__main__":
    main()
