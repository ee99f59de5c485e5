"""Forms of actions that need a reason, a note or a date; the services make the final checks."""

import datetime
from typing import Any

from django import forms

from sera_batching.models import PaymentMethod
from sera_batching.money_fields import CentsField
from sera_batching.numbers import LONGEST_NUMBER


def reason_field(label: str = "Reason", *, is_required: bool = True) -> forms.CharField:
    """Return a field for the reason."""
    return forms.CharField(
        label=label,
        max_length=2_000,
        required=is_required,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the audit trail, with your name and the time.",
    )


def date_input() -> forms.DateInput:
    """Return the browser's date input."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReasonForm(forms.Form):
    """Why; nothing else is to be said."""

    reason = reason_field()


class NoteForm(forms.Form):
    """The same under the name that it has where a note is asked for."""

    reason = reason_field("Note")


class EmptyForm(forms.Form):
    """Nothing is to be said."""


class DateForm(forms.Form):
    """A new date for an invoice, and the reason."""

    date = forms.DateField(label="Invoice date", widget=date_input())
    reason = reason_field()


class RefundForm(forms.Form):
    """A refund of a payment."""

    number = forms.CharField(
        label="Number", max_length=LONGEST_NUMBER, help_text="Becomes the journal entry number."
    )
    date = forms.DateField(label="Date", widget=date_input())
    amount = CentsField(label="Amount", is_positive=True)
    method = forms.ChoiceField(
        label="Method",
        choices=PaymentMethod.choices,
        help_text=(
            "How the money was returned. It determines the account that the journal entry credits."
        ),
    )
    memo = forms.CharField(
        label="Memo", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


def refund_initial(
    *, number: str, date: datetime.date, left_cents: int, method: str
) -> dict[str, Any]:
    """Return the refund form's suggestion: all that is left, by the payment's method."""
    return {"number": number, "date": date, "amount": left_cents, "method": method}
