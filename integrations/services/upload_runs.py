"""What a worker does with an uploaded file: check it, or apply it (ADR 18).

A run holds the upload's lease. Applying commits every 1,000 lines and can be repeated safely. After
a lost worker the next one starts from the first line: what is already in the books counts as
unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, BinaryIO, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from feed.importer import FeedFile, import_feed
from feed.lines import Line, read_lines
from feed.parsing import Problem
from feed.workbooks import sheets_of
from integrations.models import Upload, UploadProblem
from integrations.services import storage
from sera_batching import audit
from sera_batching.exceptions import DomainError, Refused
from sera_batching.leases import Lease, LeaseLost, Terms, take_lease
from sera_batching.models import User
from sera_batching.origin import Origin

CHECK_LEASE: Final = timedelta(seconds=660)
"""A check is one transaction and cannot renew its lease, so this is longer than a task may run."""
APPLY_LEASE: Final = timedelta(seconds=120)
LINES_BETWEEN_REPORTS: Final = 1_000
MOST_TRIES: Final = 3
MOST_PROBLEMS: Final = 10_000
"""The number of refused lines stored; more are only counted."""
TOO_LONG: Final = (
    "It took longer than a worker is allowed to run. What was applied so far stays. "
    "Continue, or run import_feed on the server."
)
DIED: Final = f"The worker was lost {MOST_TRIES} times. The server may have run out of memory."


@dataclass(slots=True)
class Run:
    """One run over an uploaded file, with its lease."""

    lease: Lease[Upload]
    user: User
    lines: int = 0
    problems: list[UploadProblem] = field(default_factory=list)

    @property
    def upload(self) -> Upload:
        return self.lease.row

    @property
    def is_check(self) -> bool:
        return _is_check(self.upload)

    def counted(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield the lines; when applying, save the progress and renew the lease periodically.

        The feed reads lines between two transactions, so what is written here is visible at once.
        """
        for line in lines:
            yield line
            self.lines += 1
            if self.lines % LINES_BETWEEN_REPORTS == 0 and not self.is_check:
                self.lease.renew(lines_done=self.lines)

    def keep(self, problem: Problem) -> None:
        """Remember a refused line, to be written when the run has ended."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(
                UploadProblem(
                    upload=self.upload,
                    is_of_check=self.is_check,
                    source=_storable(problem.source)[-600:],
                    line=problem.line,
                    field=_storable(problem.field),
                    reason=_storable(problem.reason),
                )
            )


def run_upload(*, upload_id: int) -> bool:
    """Check or apply a waiting file; return whether this call finished it.

    False if another run holds the lease, the file is refused, or the time is up. A lost database
    connection is raised: the lease expires, and the sweeper sends it again.
    """
    run = _take_lease(upload_id)
    if run is None:
        return False
    try:
        report = _import(run)
        _end(run, Upload.Status.CHECKED if run.is_check else Upload.Status.APPLIED, report)
    except LeaseLost:
        return False
    except SoftTimeLimitExceeded:
        _end(run, Upload.Status.INTERRUPTED, None, failure=TOO_LONG)
        return False
    except DomainError as error:
        _end(run, Upload.Status.REFUSED, None, failure=str(error))
        return False
    return True


def _import(run: Run) -> dict[str, int]:
    upload = run.upload
    try:
        if storage.sha256_of(upload.storage_key) != upload.sha256:
            raise Refused("The file was altered after it was uploaded; upload it again.")
        with storage.open_key(upload.storage_key) as file:
            report = import_feed(
                _feeds(run, file),
                origin=Origin(user=run.user, channel="feed"),
                dry_run=run.is_check,
                on_problem=run.keep,
            )
    except FileNotFoundError:
        raise Refused("The file is gone from the disk; upload it again.") from None
    return report.to_json()


def _feeds(run: Run, file: BinaryIO) -> Iterator[FeedFile]:
    if run.upload.format == Upload.Format.WORKBOOK:
        for sheet in sheets_of(file, source=run.upload.name):
            yield FeedFile(sheet.name, run.counted(iter(sheet.lines)))
    else:
        yield FeedFile(run.upload.name, run.counted(read_lines(file)))


def _take_lease(upload_id: int) -> Run | None:
    lease = take_lease(Upload.objects.unattended().filter(pk=upload_id), _TERMS, lines_done=0)
    if lease is None:
        return None
    upload = lease.row
    user = upload.uploaded_by if _is_check(upload) else upload.applied_by
    assert user is not None  # noqa: S101  set by apply_upload
    return Run(lease, user)


def _lease_of(upload: Upload) -> timedelta:
    return CHECK_LEASE if _is_check(upload) else APPLY_LEASE


def _is_check(upload: Upload) -> bool:
    return upload.status == Upload.Status.CHECKING


def _give_up(upload: Upload) -> None:
    upload.status = Upload.Status.INTERRUPTED
    upload.failure = DIED
    upload.lease_until = None
    upload.ended_at = timezone.now()
    upload.save()


_TERMS: Final = Terms[Upload](lasts=_lease_of, most_tries=MOST_TRIES, give_up=_give_up)


@transaction.atomic
def _end(run: Run, status: str, report: dict[str, int] | None, *, failure: str = "") -> None:
    """Write the result of the run with its refused lines; LeaseLost if another has taken over."""
    values: dict[str, Any] = {
        "status": status,
        "failure": failure,
        "lines_done": run.lines,
        "ended_at": timezone.now(),
    }
    if report is not None:
        values["check_report" if run.is_check else "report"] = report
    run.lease.end(**values)
    UploadProblem.objects.filter(upload=run.upload, is_of_check=run.is_check).delete()
    UploadProblem.objects.bulk_create(run.problems, batch_size=500)
    audit.record(
        origin=Origin(user=run.user, channel="task"),
        action=f"upload.{'check' if run.is_check else 'apply'}_ended",
        target=run.upload,
        after={"status": status, **(report or {})},
        note=failure,
    )


def _storable(text: str) -> str:
    """Return text that both databases can store; other characters are escaped."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
