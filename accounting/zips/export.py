"""Copying a batch's zip to a place that the operator names."""

import os
import shutil
import tempfile
from pathlib import Path

from accounting.models import Batch
from accounting.zips.downloads import open_zip
from sera_batching.origin import Origin


def export_batch(*, batch: Batch, target: Path, origin: Origin) -> int:
    """Copy the zip, after its checksum and audited as a download; return its size in bytes.

    The file appears whole or not at all, and replaces none: FileExistsError. Also raises what
    `open_zip` raises, and OSError when the target cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".unfinished-")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            with open_zip(batch=batch, origin=origin) as source:
                shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
            size = copy.tell()
        _put_in_place(path, target)
    finally:
        path.unlink(missing_ok=True)
    return size


def _put_in_place(path: Path, target: Path) -> None:
    """Give the file its name by a link, which unlike a rename replaces nothing."""
    try:
        target.hardlink_to(path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links.
        path.rename(target)
