"""The forms of customers: a new accounting key, and a merge, which is permanent."""

from typing import Final

from django import forms

MERGE_WORD: Final = "Merge"


class AccountingKeyForm(forms.Form):
    """A new name in QuickBooks, the reason, and an acknowledgment of what to do there."""

    accounting_key = forms.CharField(
        label="Accounting key",
        max_length=255,
        strip=True,
        help_text="Exactly the customer's display name in QuickBooks.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_acknowledged = forms.BooleanField(
        label="I have renamed the customer in QuickBooks, or will before the next batch is loaded",
        error_messages={
            "required": ("Rename the customer in QuickBooks first, then check this box.")
        },
    )


class MergeForm(forms.Form):
    """The word that says it is meant, and why."""

    reason = forms.CharField(
        label="Reason", max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    word = forms.CharField(
        label=f"Type “{MERGE_WORD}” to confirm",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )

    def clean_word(self) -> str:
        """Take exactly the word."""
        word: str = self.cleaned_data["word"].strip()
        if word != MERGE_WORD:
            raise forms.ValidationError(f"Type {MERGE_WORD}, exactly as shown here.")
        return word
