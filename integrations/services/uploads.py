"""Feeds by upload: received, checked by a dry run, applied exactly as checked (ADR 18).

A worker does the work (`upload_runs`); these are the users' requests.
"""

from functools import partial
from typing import Final

from django.conf import settings
from django.db import transaction

from integrations.models import Upload
from integrations.queue import RUN_UPLOAD_TASK, enqueue
from integrations.services.storage import Incoming
from sera_batching import audit
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin

PERMISSION: Final = "accounting.import_feed"
LONGEST_NAME: Final = 255
_WORKBOOK_BEGINS: Final = b"PK\x03\x04"
"""An .xlsx file is a zip; its name is not trusted."""


def receive_upload(*, name: str, incoming: Incoming, origin: Origin) -> Upload:
    """Store a file and queue its check; nothing is written to the books yet.

    Raises NotAllowed, and Refused for a file that is empty or too large.
    """
    origin.require(PERMISSION)
    if incoming.size == 0:
        raise Refused("The file is empty.")
    if incoming.size > settings.FEED_MOST_BYTES:
        raise Refused(
            f"The file has {incoming.size:,} bytes; the limit is {settings.FEED_MOST_BYTES:,}."
        )
    incoming.file.seek(0)
    is_workbook = incoming.file.read(len(_WORKBOOK_BEGINS)) == _WORKBOOK_BEGINS
    with transaction.atomic():
        upload = Upload.objects.create(
            name=_printable(name)[-LONGEST_NAME:] or "feed",
            format=Upload.Format.WORKBOOK if is_workbook else Upload.Format.LINES,
            size=incoming.size,
            sha256=incoming.sha256,
            storage_key=incoming.keep(),
            uploaded_by=origin.user,
        )
        audit.record(
            origin=origin,
            action="upload.received",
            target=upload,
            after={"size": upload.size, "sha256": upload.sha256},
        )
        _enqueue(upload)
    return upload


@transaction.atomic
def apply_upload(*, upload_id: int, origin: Origin) -> Upload:
    """Queue applying a checked file. Raises NotAllowed, Refused unless it is checked."""
    origin.require(PERMISSION)
    upload = Upload.objects.select_for_update().get(pk=upload_id)
    if upload.status != Upload.Status.CHECKED:
        raise Refused(
            f"This file is {upload.get_status_display().lower()}; only a checked one is applied."
        )
    _require_file(upload)
    upload.applied_by = origin.user
    _begin(upload, Upload.Status.APPLYING)
    audit.record(
        origin=origin, action="upload.applied", target=upload, after={"sha256": upload.sha256}
    )
    return upload


@transaction.atomic
def continue_upload(*, upload_id: int, origin: Origin) -> Upload:
    """Resume a file whose worker was lost; what is already in the books counts as unchanged.

    Raises NotAllowed, Refused unless it was interrupted.
    """
    origin.require(PERMISSION)
    upload = Upload.objects.select_for_update().get(pk=upload_id)
    if upload.status != Upload.Status.INTERRUPTED:
        raise Refused(
            f"This file is {upload.get_status_display().lower()}; "
            "only an interrupted one can be continued."
        )
    _require_file(upload)
    is_checked = upload.check_report is not None
    if is_checked:
        upload.applied_by = origin.user
    _begin(upload, Upload.Status.APPLYING if is_checked else Upload.Status.CHECKING)
    audit.record(origin=origin, action="upload.continued", target=upload)
    return upload


def _begin(upload: Upload, status: str) -> None:
    upload.status = status
    upload.failure = ""
    upload.tries = 0
    upload.lines_done = 0
    upload.lease_until = None
    upload.ended_at = None
    upload.save()
    _enqueue(upload)


def _enqueue(upload: Upload) -> None:
    transaction.on_commit(partial(enqueue, RUN_UPLOAD_TASK, upload.pk), robust=True)


def _require_file(upload: Upload) -> None:
    if not upload.storage_key:
        raise Refused("The file has since been removed; upload it again.")


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable()).strip()
