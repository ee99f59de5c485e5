"""The names that lines carry into QuickBooks: items (products and services) and classes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone


class CatalogueEntry(models.Model):
    """A name that frozen lines use, and whether QuickBooks knows it (workbooks.md, check 5)."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        UNVERIFIED = "unverified", "Unverified"
        INACTIVE = "inactive", "Inactive"

    name = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    first_seen_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Item(CatalogueEntry):
    """A product or service of QuickBooks."""

    class Meta:
        ordering: ClassVar = [Lower("name")]
        default_permissions = ()
        permissions: ClassVar = [
            ("view_catalogue", "Can see departments, items and classes"),
            ("change_catalogue", "Can change departments, items and classes"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="item_name_is_unique",
                violation_error_message="There is an item of that name already.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "unverified", "inactive"]),
                name="item_state_is_known",
                violation_error_message="Unknown state of an item.",
            ),
        ]


class AccountingClass(CatalogueEntry):
    """A class, by which QuickBooks reports."""

    class Meta:
        verbose_name = "class"
        verbose_name_plural = "classes"
        ordering: ClassVar = [Lower("name")]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("name"),
                name="class_name_is_unique",
                violation_error_message="There is a class of that name already.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "unverified", "inactive"]),
                name="class_state_is_known",
                violation_error_message="Unknown state of a class.",
            ),
        ]
