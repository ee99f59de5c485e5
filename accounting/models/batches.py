"""A batch, its files, who downloaded it, and the customers as they were when it was claimed."""

from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from invoices.models import Customer
from sera_batching.leases import LeasedToProcess

OPENING_BATCH_ID: Final = 0
"""The Opening batch holds what the books had before: older than every other, never undone."""


class BatchQuerySet(models.QuerySet["Batch"]):
    """Batches by their state."""

    def live(self) -> "BatchQuerySet":
        """Batches whose items count as being in the books (domain.md §2)."""
        return self.filter(status__in=LIVE_STATUSES)

    def unfinished(self) -> "BatchQuerySet":
        """Batches whose zip is still to come: queued, or being built."""
        return self.filter(status__in=(Batch.Status.QUEUED, Batch.Status.BUILDING))


class Batch(LeasedToProcess):
    """A confirmed set of documents on its way into the books, and its zip; builds lease it.

    Ids rise in the order of claims, because claims exclude each other; so "a later batch" is one
    with a greater id.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        BUILDING = "building", "Building"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        UNDONE = "undone", "Undone"

    name = models.CharField(max_length=104)
    """As entered, with `.zip` (domain.md §5)."""
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    draft_id = models.UUIDField(unique=True, null=True, editable=False)
    """The draft that was confirmed: confirming it twice finds this batch."""
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    company_settings = models.JSONField()
    """A snapshot of the company's settings and the layout version at claim (BatchSettings)."""
    filters = models.JSONField(default=dict)
    document_count = models.PositiveIntegerField(default=0)
    total_cents = models.BigIntegerField(default=0)
    """Sum of the documents' amounts in the files 1 to 6."""

    queued_at = models.DateTimeField(default=timezone.now)
    progress = models.PositiveSmallIntegerField(default=0)
    """The number of the file being written; 0 before the first, 8 while storing."""
    failure = models.TextField(blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    storage_key = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    """Over the inner XML of the workbooks: the same on every machine (workbooks.md)."""
    size = models.BigIntegerField(default=0)

    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    undo_reason = models.TextField(blank=True)
    is_released = models.BooleanField(default=False)
    """Undone after it failed: there never was a zip."""

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = "batches"
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("view_unbatched", "Can see what is unbatched"),
            ("make_batch", "Can make a batch"),
            ("download_batch", "Can download a batch"),
            ("retry_batch", "Can build a failed batch again"),
            ("mark_loaded", "Can tick a file as loaded into QuickBooks"),
            ("undo_batch", "Can undo a batch"),
            ("release_batch", "Can release the items of a failed batch"),
            ("import_feed", "Can import a feed"),
        ]
        indexes: ClassVar = [models.Index(fields=["status", "lease_until"], name="batch_to_build")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "building", "ready", "failed", "undone"]),
                name="batch_status_is_known",
                violation_error_message="Unknown status of a batch.",
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | ~Q(sha256="") | Q(id=OPENING_BATCH_ID),
                name="batch_ready_has_checksum",
                violation_error_message="A ready batch has the checksum of its zip.",
            ),
            models.CheckConstraint(
                condition=~Q(status="building") | Q(lease_until__isnull=False),
                name="batch_building_has_lease",
                violation_error_message="A batch that is being built has a lease.",
            ),
            models.CheckConstraint(
                condition=~Q(status="undone") | (Q(undone_at__isnull=False) & ~Q(undo_reason="")),
                name="batch_undone_says_why",
                violation_error_message="An undone batch says when and why.",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk} ({self.name})"

    @property
    def is_opening(self) -> bool:
        return self.pk == OPENING_BATCH_ID

    @property
    def is_live(self) -> bool:
        """Its items count as being in the books: "was put in a batch", not "was loaded" (D)."""
        return self.status in LIVE_STATUSES

    @property
    def has_zip(self) -> bool:
        """There is a stored zip: also when undone."""
        return bool(self.storage_key)


LIVE_STATUSES: Final = (
    Batch.Status.QUEUED,
    Batch.Status.BUILDING,
    Batch.Status.READY,
    Batch.Status.FAILED,
)


class BatchParty(models.Model):
    """The snapshot of a customer at claim: key, e-mail, addresses (domain.md §2)."""

    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, related_name="parties", db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="parties", db_index=False
    )
    accounting_key = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255, blank=True)
    billing_line1 = models.TextField(blank=True)
    billing_line2 = models.TextField(blank=True)
    billing_city = models.CharField(max_length=255, blank=True)
    billing_state = models.CharField(max_length=255, blank=True)
    billing_postal_code = models.CharField(max_length=64, blank=True)
    billing_country = models.CharField(max_length=255, blank=True)
    has_service_address = models.BooleanField()
    service_line1 = models.TextField(blank=True)
    service_line2 = models.TextField(blank=True)
    service_city = models.CharField(max_length=255, blank=True)
    service_state = models.CharField(max_length=255, blank=True)
    service_postal_code = models.CharField(max_length=64, blank=True)
    service_country = models.CharField(max_length=255, blank=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "customer"], name="batch_party_is_unique"),
        ]

    def __str__(self) -> str:
        return self.accounting_key


class BatchFile(models.Model):
    """One workbook of a batch's zip, with what it holds and whether it was loaded."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="files")
    number = models.PositiveSmallIntegerField()
    """1 to 7: the load order."""
    part = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=100)
    document_count = models.PositiveIntegerField()
    row_count = models.PositiveIntegerField()
    total_cents = models.BigIntegerField()
    """Sum of the documents' amounts; 0 for Warnings."""
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(null=True, blank=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        ordering: ClassVar = ["batch_id", "number", "part"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["batch", "number", "part"], name="batch_file_part_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=7), name="batch_file_number_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BatchDownload(models.Model):
    """One download of a batch's zip."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.batch_id} by {self.user_id}"
