"""Departments, customers and jobs."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from sera_batching.models import Fed
from sera_batching.models.company import check_time_zone


class Department(Fed):
    """A part of the company, with defaults for its lines; archived ones take no new documents."""

    name = models.CharField(max_length=100)
    timezone = models.CharField(
        max_length=64, default="America/Chicago", validators=[check_time_zone]
    )
    default_item = models.CharField(max_length=255, blank=True)
    default_class = models.CharField(max_length=255, blank=True)
    terms = models.CharField(max_length=100, blank=True)
    is_archived = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="department_name_is_unique",
                violation_error_message="There is a department of that name already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers by whether they were merged into others."""

    def surviving(self) -> Self:
        """Customers that have not been merged into another."""
        return self.filter(merged_into__isnull=True)

    def of_one(self, customer: "Customer") -> Self:
        """The customer that this one is today, and all that were merged into it."""
        survivor = customer.merged_into_id or customer.pk
        return self.filter(Q(pk=survivor) | Q(merged_into=survivor))


class Customer(Fed):
    """A customer; `accounting_key` is their QuickBooks display name (domain.md §6).

    A merged customer keeps its documents and its key but is no longer used: everything written or
    shown from then on uses the survivor (ADR 21).
    """

    number = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    accounting_key = models.CharField(max_length=255)
    email = models.CharField(max_length=255, blank=True)
    billing_line1 = models.TextField(blank=True)
    billing_line2 = models.TextField(blank=True)
    billing_city = models.CharField(max_length=255, blank=True)
    billing_state = models.CharField(max_length=255, blank=True)
    billing_postal_code = models.CharField(max_length=64, blank=True)
    billing_country = models.CharField(max_length=255, blank=True)
    has_service_address = models.BooleanField(default=False, db_default=False)
    service_line1 = models.TextField(blank=True)
    service_line2 = models.TextField(blank=True)
    service_city = models.CharField(max_length=255, blank=True)
    service_state = models.CharField(max_length=255, blank=True)
    service_postal_code = models.CharField(max_length=64, blank=True)
    service_country = models.CharField(max_length=255, blank=True)
    is_tax_exempt = models.BooleanField(default=False, db_default=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged"
    )
    """The survivor, which is itself merged into nobody."""
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "number"]
        permissions: ClassVar = [
            ("change_accounting_key", "Can change a customer's accounting key"),
            ("merge_customers", "Can merge two customers"),
        ]
        indexes: ClassVar = [
            # Lists of documents by customer read it; a row without a survivor costs almost nothing.
            models.Index(fields=["name", "id"], name="customer_by_name"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="customer_number_is_unique",
                violation_error_message="There is a customer of that number already.",
            ),
            models.UniqueConstraint(
                Lower("accounting_key"),
                name="customer_accounting_key_is_unique",
                violation_error_message="Another customer has that accounting key.",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=F("id")),
                name="customer_is_not_merged_into_itself",
                violation_error_message="A customer is not merged into itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    @property
    def survivor_id(self) -> int:
        """The key of the customer that this one is today."""
        return self.merged_into_id or self.pk

    @property
    def survivor(self) -> "Customer":
        """The customer that this one is today: itself, or the one that it was merged into."""
        return self.merged_into or self


class Job(Fed):
    """A job of a customer; an imported one has its invoices in another system (domain.md §3)."""

    number = models.CharField(max_length=64)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="jobs")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs"
    )
    is_imported = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number"),
                name="job_number_is_unique",
                violation_error_message="There is a job of that number already.",
            ),
        ]

    def __str__(self) -> str:
        return self.number
