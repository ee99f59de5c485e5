"""The forms of the confirmation and undo windows."""

from typing import Any

from django import forms

from accounting.batches.undo_plan import UndoPlan
from sera_batching.batch_names import clean_batch_name
from sera_batching.exceptions import Refused


class UndoForm(forms.Form):
    """The reason, whether later batches go too, and the batch number if it was downloaded."""

    reason = forms.CharField(
        label="Reason",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the batch, with your name and the time.",
    )
    dependents = forms.CharField(required=False, widget=forms.HiddenInput)
    """The later batches that the window named, to which the user agreed."""

    def __init__(self, *args: Any, plan: UndoPlan, needs_number: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.plan = plan
        if plan.dependents:
            numbers = ", ".join(str(batch.pk) for batch in plan.dependents)
            self.fields["with_dependents"] = forms.BooleanField(
                label=f"Undo batch {numbers} too, in this order, then batch {plan.batch.pk}",
                error_messages={
                    "required": f"Batch {plan.batch.pk} cannot be undone without {numbers}."
                },
            )
        if needs_number:
            self.fields["number"] = forms.CharField(
                label=f"Type the batch number: {plan.batch.pk}",
                max_length=20,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                help_text="It was downloaded or marked as loaded, so it may be in QuickBooks.",
            )

    @property
    def named_dependents(self) -> str:
        """The later batches as they are now: what the window names and sends back."""
        return ",".join(str(batch.pk) for batch in self.plan.dependents)

    def clean_number(self) -> str:
        """Refuse any other number than the batch's."""
        number = str(self.cleaned_data["number"]).strip().removeprefix("#")
        if number != str(self.plan.batch.pk):
            raise forms.ValidationError(f"This is batch {self.plan.batch.pk}. Type its number.")
        return number

    def clean(self) -> dict[str, Any]:
        """Refuse when the dependent batches are not those that the window named."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("dependents", "") != self.named_dependents:
            raise forms.ValidationError(
                "The batches that depend on this one have changed since you opened this "
                "page. Review them and try again."
            )
        return values


class BatchNameForm(forms.Form):
    """The name of the batch to be made (domain.md §5)."""

    name = forms.CharField(
        label="Batch name",
        required=False,
        strip=False,
        help_text="The zip file gets this name, with “.zip” added.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_name(self) -> Any:
        name = self.cleaned_data["name"]
        try:
            clean_batch_name(name)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return name
