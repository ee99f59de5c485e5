"""The forms of the settings: the company, and its people."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms import BoundField

from sera_batching.batch_names import DEFAULT_PATTERN, check_pattern
from sera_batching.company import CompanyValues
from sera_batching.exceptions import Refused
from sera_batching.models import Company, PaymentMethod, User
from sera_batching.people import PersonValues, role_of
from sera_batching.texts import checked_line

ONLINE_NAME_LENGTH: Final = 100
DESKTOP_LEVEL_LENGTH: Final = 31
DESKTOP_PATH_LENGTH: Final = 159
ACCOUNTS: Final = ("default_deposit_account", "default_refund_account")


def check_line(text: str) -> None:
    """Refuse text that no workbook can contain."""
    try:
        checked_line(text, label="text")
    except Refused as error:
        raise ValidationError(str(error)) from error


def check_account(text: str, profile: str) -> None:
    """Refuse an account name that QuickBooks would not accept (workbooks.md, Limits)."""
    if profile != Company.Profile.DESKTOP:
        if len(text) > ONLINE_NAME_LENGTH:
            raise ValidationError(
                f"QuickBooks Online allows {ONLINE_NAME_LENGTH} characters; this has {len(text)}."
            )
        return
    if any(len(level) > DESKTOP_LEVEL_LENGTH for level in text.split(":")):
        raise ValidationError(
            f"QuickBooks Desktop allows {DESKTOP_LEVEL_LENGTH} characters between two colons."
        )


def _account(label: str, account: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        initial=account,
        required=False,
        max_length=DESKTOP_PATH_LENGTH,
        validators=[check_line],
    )


class CompanyForm(forms.ModelForm[Company]):
    """All settings on one page; a payment method's account is blank where it is the default."""

    class Meta:
        model = Company
        fields = (
            "name",
            "time_zone",
            "profile",
            "ar_account",
            "default_deposit_account",
            "default_refund_account",
            "default_tax_item",
            "closing_date",
            "batch_name_pattern",
            "verifies_new_names",
        )
        labels = {
            "name": "Company name",
            "profile": "Books are kept in",
            "ar_account": "Accounts receivable account",
            "default_deposit_account": "Deposit account",
            "default_refund_account": "Refund account",
            "default_tax_item": "Sales tax item",
            "batch_name_pattern": "Name of a new batch",
            "verifies_new_names": "Verify items and classes not seen before",
        }
        help_texts = {
            "time_zone": "All dates and times on the pages use this time zone.",
            "profile": "Files made from now on use its columns and limits.",
            "ar_account": "The account's name in QuickBooks. Refund journals debit it.",
            "default_deposit_account": (
                "If blank, QuickBooks puts payments into Undeposited Funds."
            ),
            "default_refund_account": "Refund journals credit this account.",
            "default_tax_item": (
                "For documents without a tax name of their own. QuickBooks Desktop needs one."
            ),
            "closing_date": (
                "The books are closed through this date: documents dated on or before it are "
                "not batched."
            ),
            "batch_name_pattern": (
                "{date} becomes the date (YYYY-MM-DD), {time} the time (HHMM), and {month} "
                "the month, such as November 2026. You can still change the name when you "
                "make a batch."
            ),
            "verifies_new_names": (
                "A name that appears for the first time causes a warning in every batch "
                "until it is marked as active, because QuickBooks may not have it. Otherwise "
                "new names count as active right away."
            ),
        }
        widgets = {
            "time_zone": forms.TextInput(attrs={"list": "time-zones", "spellcheck": "false"}),
            "closing_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for method in PaymentMethod:
            for use, accounts in (
                ("deposit", self.instance.deposit_accounts),
                ("refund", self.instance.refund_accounts),
            ):
                label = f"{use.capitalize()} account for {method.label}"
                field = _account(label, accounts.get(method, ""))
                self.fields[f"{use}_{method}"] = field
        self.fields["batch_name_pattern"].required = False
        for name in ("name", "ar_account", *ACCOUNTS, "default_tax_item"):
            self.fields[name].validators.append(check_line)

    def clean(self) -> dict[str, Any]:
        """Check the names against the limits of the chosen profile, and accounts against A/R."""
        values: dict[str, Any] = super().clean() or {}
        profile = values.get("profile", "")
        receivable = values.get("ar_account", "").casefold()
        for name in ("ar_account", *self._accounts("deposit"), *self._accounts("refund")):
            self._check(name, lambda text: check_account(text, profile))
        for name in self._accounts("refund"):
            if receivable and values.get(name, "").casefold() == receivable:
                self.add_error(name, "A refund can't be paid from the accounts receivable account.")
        self._check_tax_item(values.get("default_tax_item", ""), profile)
        return values

    def clean_batch_name_pattern(self) -> str:
        """Use the default if empty; refuse a pattern whose names no file can have."""
        pattern: str = self.cleaned_data["batch_name_pattern"] or DEFAULT_PATTERN
        try:
            check_pattern(pattern)
        except Refused as error:
            raise ValidationError(str(error)) from error
        return pattern

    def _check_tax_item(self, text: str, profile: str) -> None:
        if profile != Company.Profile.DESKTOP:
            return
        if not text and "default_tax_item" in self.cleaned_data:
            self.add_error(
                "default_tax_item", "QuickBooks Desktop needs a sales tax item on every document."
            )
        if len(text) > DESKTOP_LEVEL_LENGTH:
            self.add_error(
                "default_tax_item", f"QuickBooks Desktop allows {DESKTOP_LEVEL_LENGTH} characters."
            )

    def _check(self, name: str, check: Any) -> None:
        try:
            check(self.cleaned_data.get(name, ""))
        except ValidationError as error:
            self.add_error(name, error)

    @staticmethod
    def _accounts(use: str) -> list[str]:
        return [f"default_{use}_account", *(f"{use}_{method}" for method in PaymentMethod)]

    def _chosen(self, use: str) -> dict[str, str]:
        chosen = {method.value: self.cleaned_data[f"{use}_{method}"] for method in PaymentMethod}
        return {method: account for method, account in chosen.items() if account}

    def time_zones(self) -> list[str]:
        """Return the names that the time zone field suggests."""
        return sorted(available_timezones())

    def account_pairs(self) -> Iterator[tuple[BoundField, BoundField]]:
        """Return the two account fields of each payment method."""
        for method in PaymentMethod:
            yield self[f"deposit_{method}"], self[f"refund_{method}"]

    def values(self) -> CompanyValues:
        """Return what was entered; only after `is_valid`."""
        entered = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return CompanyValues(
            **entered,
            deposit_accounts=self._chosen("deposit"),
            refund_accounts=self._chosen("refund"),
        )


class PersonForm(forms.ModelForm[User]):
    """Who a person is, what they may do, and whether they may sign in."""

    role = forms.ChoiceField(required=False)

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_active")
        labels: ClassVar = {"is_active": "May sign in"}
        help_texts: ClassVar = {
            "username": "Letters, digits and @ . + - _",
            "is_active": (
                "If you clear this, the person is signed out everywhere. What they "
                "did stays on record."
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        roles = Group.objects.order_by("pk").values_list("name", flat=True)
        role = self.fields["role"]
        role.choices = [("", "None"), *((name, name) for name in roles)]  # type: ignore[attr-defined]
        if self.instance.pk is not None:
            role.initial = role_of(self.instance)

    def values(self) -> PersonValues:
        """Return what was entered, once the form is valid."""
        return PersonValues(**self.cleaned_data)
