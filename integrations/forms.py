"""The forms of tokens, webhooks and notices."""

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator

from integrations.models import BatchEvent, Scope, Webhook
from integrations.services.webhooks import WebhookValues
from sera_batching.days import day_ends
from sera_batching.models import User
from sera_batching.people import list_people

LATEST_DAY: Final = date(2199, 12, 31)
DAY: Final = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TokenForm(forms.Form):
    """A new token's name, owner, scopes and last day."""

    name = forms.CharField(
        max_length=100, help_text="The system that uses it, such as “Field service, production”."
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label="Acts for",
        to_field_name="username",
        empty_label=None,
        help_text=(
            "It can do no more than this user, and stops working when the user is deactivated."
        ),
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="May"
    )
    last_day = forms.DateField(
        required=False,
        widget=DAY,
        label="Last day",
        help_text="If blank, it works until it is revoked.",
        validators=[MaxValueValidator(LATEST_DAY)],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        owner = self.fields["owner"]
        owner.queryset = list_people().filter(is_active=True)  # type: ignore[attr-defined]

    def expires_at(self, zone: ZoneInfo) -> datetime | None:
        """Return the end of the last day; only for a valid form."""
        last_day = self.cleaned_data["last_day"]
        return day_ends(last_day, zone) if last_day else None


class EventsForm(forms.Form):
    """A choice of events."""

    events = forms.MultipleChoiceField(
        choices=BatchEvent.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="Tell me when a batch is",
    )


class WebhookForm(forms.Form):
    """A webhook's URL and events."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput,
        help_text="Must begin with https:// (http:// for localhost only).",
    )
    description = forms.CharField(max_length=100, required=False)
    events = forms.MultipleChoiceField(
        choices=BatchEvent.choices, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(
        label="Switched on",
        required=False,
        help_text="Events that occur while it is off are not sent later.",
    )

    @staticmethod
    def initial_of(webhook: Webhook) -> dict[str, Any]:
        """Return a webhook's values for the form."""
        return {
            "url": webhook.url,
            "description": webhook.description,
            "events": webhook.events,
            "is_active": webhook.is_active,
        }

    def values(self) -> WebhookValues:
        """Return the values of a valid form."""
        return WebhookValues(**self.cleaned_data)
