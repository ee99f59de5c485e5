"""Uploaded feeds: the file, the result of the check, the result of applying it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from sera_batching.leases import Leased, lease_has_run_out


class UploadQuerySet(models.QuerySet["Upload"]):
    """Uploads by what has to be done."""

    def unattended(self) -> "UploadQuerySet":
        """Uploads that wait for a worker, or whose worker's lease has expired."""
        return self.filter(
            lease_has_run_out(),
            status__in=(Upload.Status.CHECKING, Upload.Status.APPLYING),
        )


class Upload(Leased):
    """A feed as a file: stored, checked by a dry run, then applied exactly as it was checked."""

    class Status(models.TextChoices):
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        INTERRUPTED = "interrupted", "Interrupted"
        REFUSED = "refused", "Refused"

    class Format(models.TextChoices):
        LINES = "jsonl", "JSON Lines"
        WORKBOOK = "xlsx", "Workbook"

    name = models.CharField(max_length=255)
    """The file's original name; never used as a path."""
    format = models.CharField(max_length=5, choices=Format.choices)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=100, blank=True)
    """Empty once the file has been deleted."""
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    """When the check or the import ended."""
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.CHECKING)
    failure = models.TextField(blank=True)
    """Why the whole file was refused, or why the run ended early."""
    check_report = models.JSONField(null=True, blank=True)
    """The counts of the dry run: created, changed, unchanged, refused."""
    report = models.JSONField(null=True, blank=True)
    """The counts of the last import."""
    lines_done = models.PositiveIntegerField(default=0)
    """Lines (rows of a workbook) read by the current run so far."""

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "checking",
                        "checked",
                        "applying",
                        "applied",
                        "interrupted",
                        "refused",
                    ]
                ),
                name="upload_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["checked", "applying", "applied"])
                | Q(check_report__isnull=False),
                name="upload_is_checked_before_it_is_applied",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the import, else those of the check, else none."""
        return self.report or self.check_report or {}

    @property
    def is_running(self) -> bool:
        """Whether a worker is on it, or will be soon."""
        return self.status in (self.Status.CHECKING, self.Status.APPLYING)


class UploadProblem(models.Model):
    """A line that was refused by the check or by the import."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="problems")
    is_of_check = models.BooleanField()
    source = models.CharField(max_length=600)
    line = models.PositiveIntegerField()
    field = models.TextField()
    reason = models.TextField()

    class Meta:
        ordering: ClassVar = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source}:{self.line}"
