"""The lines of an invoice being edited, as a set of forms that works without scripts."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from backoffice.actions.forms import date_input
from invoices.services.values import LineValues
from sera_batching.money import cents_display, round_half_up
from sera_batching.money_fields import CentsField

MOST_LINES: Final = 100
"""More lines would mean more fields than the server accepts."""
PREFIX: Final = "lines"
FIELDS: Final = (
    "item",
    "description",
    "quantity",
    "rate",
    "amount",
    "is_taxable",
    "class_name",
    "service_date",
)
Figures = tuple[Decimal, Decimal, int]
"""Quantity, rate and amount in cents."""


def plain_number(value: Decimal) -> str:
    """Return 1.500000 as "1.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class LineForm(forms.Form):
    """One line; a discount has a negative amount. Empty lines are dropped."""

    item = forms.CharField(label="Item", max_length=255)
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=32_000,
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    class_name = forms.CharField(label="Class", required=False, max_length=255)
    quantity = forms.DecimalField(
        label="Quantity",
        required=False,
        max_digits=15,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    rate = forms.DecimalField(
        label="Rate",
        required=False,
        max_digits=15,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    amount = CentsField(label="Amount", required=False)
    is_taxable = forms.BooleanField(label="Taxable", required=False)
    service_date = forms.DateField(label="Service date", required=False, widget=date_input())

    def __init__(self, *args: Any, kept: frozenset[Figures] = frozenset(), **options: Any) -> None:
        super().__init__(*args, **options)
        self.kept = kept
        """Figures of existing lines, which may disagree, as they were imported (rounding.md)."""

    def clean(self) -> dict[str, Any]:
        """Calculate a blank amount; refuse figures that do not agree."""
        values: dict[str, Any] = super().clean() or {}
        if {"quantity", "rate", "amount"} & self.errors.keys():
            return values
        quantity, rate, cents = values["quantity"], values["rate"], values["amount"]
        if quantity is None and rate is None and cents is not None:
            quantity, rate = Decimal(1), Decimal(cents).scaleb(-2)
        if quantity is None or rate is None:
            missing = "quantity" if quantity is None else "rate"
            self.add_error(missing, "Enter a quantity and a rate, or only an amount.")
            return values
        computed = round_half_up(quantity * rate)
        cents = computed if cents is None else cents
        if cents != computed and (quantity, rate, cents) not in self.kept:
            raise ValidationError(
                f"{plain_number(quantity)} × {plain_number(rate)} is "
                f"{cents_display(computed)}, not {cents_display(cents)}: leave the amount "
                "blank to have it calculated."
            )
        return {**values, "quantity": quantity, "rate": rate, "amount": cents}

    def values(self) -> LineValues:
        """Return what was entered; only after `is_valid`."""
        values = dict(self.cleaned_data)
        return LineValues(amount_cents=values.pop("amount"), **values)


class LineFormSet(forms.BaseFormSet[LineForm]):
    """The lines in the order in which they stand."""

    def lines(self) -> tuple[LineValues, ...]:
        """Return the lines that are not empty; only after `is_valid`."""
        return tuple(form.values() for form in self.forms if form.has_changed())


LineForms = forms.formset_factory(
    LineForm,
    formset=LineFormSet,
    extra=0,
    max_num=MOST_LINES,
    absolute_max=MOST_LINES,
    validate_max=True,
)


def initial_lines(lines: Iterable[LineValues]) -> list[dict[str, Any]]:
    """Return lines as the forms show them."""
    return [
        {
            "item": line.item,
            "description": line.description,
            "quantity": plain_number(line.quantity),
            "rate": plain_number(line.rate),
            "amount": line.amount_cents,
            "is_taxable": line.is_taxable,
            "class_name": line.class_name,
            "service_date": line.service_date,
        }
        for line in lines
    ]


def figures_of(lines: Iterable[LineValues]) -> frozenset[Figures]:
    """Return the figures that may stay although they disagree."""
    return frozenset((line.quantity, line.rate, line.amount_cents) for line in lines)


def typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    """Return the lines as they were typed, valid or not, to be shown again."""
    try:
        count = min(int(data.get(f"{PREFIX}-TOTAL_FORMS", "0")), MOST_LINES)
    except ValueError:
        count = 0
    return [
        {name: data.get(f"{PREFIX}-{index}-{name}", "") for name in FIELDS}
        | {"is_taxable": f"{PREFIX}-{index}-is_taxable" in data}
        for index in range(count)
    ]


def line_forms(
    data: QueryDict | None, initial: list[dict[str, Any]], kept: frozenset[Figures]
) -> LineFormSet:
    """Return the forms of what was sent or, without it, of these lines."""
    options: dict[str, Any] = {"prefix": PREFIX, "form_kwargs": {"kept": kept}}
    if data is not None:
        return LineForms(data, **options)  # type: ignore[return-value]
    return LineForms(initial=initial, **options)  # type: ignore[return-value]
