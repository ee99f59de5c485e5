from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from sera_batching.batch_names import DEFAULT_PATTERN, PATTERN_LENGTH


class PaymentMethod(models.TextChoices):
    """How a payment was made or a refund was paid out (domain.md §7)."""

    CARD = "card", "Card"
    ACH = "ach", "ACH"
    CASH = "cash", "Cash"
    CHECK = "check", "Check"
    EXTERNAL = "external", "External"
    ON_FILE = "on_file", "On file"


def check_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not have."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValidationError(
            f"“{name}” isn't a time zone; write it like America/Chicago."
        ) from None


class Company(models.Model):
    """The settings of the one company that this installation serves; always row 1."""

    class Profile(models.TextChoices):
        ONLINE = "online", "QuickBooks Online"
        DESKTOP = "desktop", "QuickBooks Desktop"

    name = models.CharField(max_length=100, default="My Company")
    time_zone = models.CharField(
        max_length=64, default="America/Chicago", validators=[check_time_zone]
    )
    profile = models.CharField(max_length=10, choices=Profile.choices, default=Profile.ONLINE)
    ar_account = models.CharField(
        "accounts receivable account", max_length=159, default="Accounts Receivable (A/R)"
    )
    default_deposit_account = models.CharField(
        max_length=159,
        blank=True,
        default="",
        help_text="Blank means Undeposited Funds in QuickBooks.",
    )
    deposit_accounts = models.JSONField(default=dict, blank=True)
    """Payment method → account, where it differs from the default."""
    default_refund_account = models.CharField(max_length=159, default="Undeposited Funds")
    refund_accounts = models.JSONField(default=dict, blank=True)
    """Payment method → account that a refund leaves, where it differs from the default."""
    default_tax_item = models.CharField(max_length=100, blank=True, default="")
    closing_date = models.DateField(
        null=True, blank=True, help_text="The books are closed through this date."
    )
    batch_name_pattern = models.CharField(
        max_length=PATTERN_LENGTH, default=DEFAULT_PATTERN, db_default=DEFAULT_PATTERN
    )
    """The suggested name of a new batch, with {date}, {time}, {month}."""
    verifies_new_names = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Documents with an item or class not seen before warn until it is marked active.",
    )
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        verbose_name_plural = "company"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1),
                name="company_is_one_row",
                violation_error_message="There is one company, with id 1.",
            ),
            models.CheckConstraint(
                condition=models.Q(profile__in=["online", "desktop"]),
                name="company_profile_is_known",
                violation_error_message="The profile is online or desktop.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        self.pk = 1
        super().save(*args, **options)

    @classmethod
    def current(cls) -> "Company":
        """Return the company, created with defaults if it does not exist yet."""
        company, _ = cls.objects.get_or_create(pk=1)
        return company

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone: all dates that people see are in it."""
        return ZoneInfo(self.time_zone)
