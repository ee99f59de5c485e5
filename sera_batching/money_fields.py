"""Form fields that people type money into."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from sera_batching.money import MoneyError, cents_text, parse_cents


class CentsField(forms.Field):
    """An amount such as "1,250.00"; its value is whole cents, None where nothing was typed."""

    def __init__(self, *, is_positive: bool = False, **options: Any) -> None:
        self.is_positive = is_positive
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        super().__init__(**options)
        self.widget.attrs["class"] = "amount-input"

    def to_python(self, value: Any) -> Any:
        text = str(value or "").replace(",", "").replace("$", "").strip()
        if not text:
            return None
        try:
            cents = parse_cents(text)
        except MoneyError as error:
            raise ValidationError(f"{str(error)[0].upper()}{str(error)[1:]}.") from error
        if self.is_positive and cents <= 0:
            raise ValidationError("Enter an amount above 0.00.")
        return cents

    def prepare_value(self, value: Any) -> Any:
        return cents_text(value) if isinstance(value, int) else value
