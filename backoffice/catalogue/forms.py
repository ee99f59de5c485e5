"""The form of a department's defaults, and the filters of items and classes."""

from typing import ClassVar

from django import forms

from invoices.models import AccountingClass, CatalogueEntry, Department, Item
from invoices.services.parties import DepartmentValues
from sera_batching.filters import ChoiceFilter, FilterForm, SearchFilter


class DepartmentForm(forms.ModelForm[Department]):
    """The defaults of a department; the feed can change them too."""

    class Meta:
        model = Department
        fields = ("default_item", "default_class", "terms", "timezone", "is_archived")
        labels: ClassVar = {
            "default_item": "Default item",
            "default_class": "Default class",
            "terms": "Default terms",
            "timezone": "Time zone",
            "is_archived": "Archived",
        }
        help_texts: ClassVar = {
            "default_item": "The QuickBooks product or service for lines that don't have one.",
            "default_class": "Refund journals for this department use it too.",
            "is_archived": "It stays available as a filter while it has unbatched documents.",
        }
        widgets: ClassVar = {
            "default_item": forms.TextInput(attrs={"list": "items", "autocomplete": "off"}),
            "default_class": forms.TextInput(attrs={"list": "classes", "autocomplete": "off"}),
        }

    def items(self) -> list[str]:
        """Return the suggestions for the default item."""
        return list(Item.objects.filter(state="active").values_list("name", flat=True))

    def classes(self) -> list[str]:
        """Return the suggestions for the default class."""
        return list(AccountingClass.objects.filter(state="active").values_list("name", flat=True))

    def values(self) -> DepartmentValues:
        """Return what was entered, once the form is valid."""
        return DepartmentValues(name=self.instance.name, **self.cleaned_data)


class NameFilterForm(FilterForm):
    """The filters of the lists of items and of classes."""

    text = SearchFilter()
    state = ChoiceFilter("State", CatalogueEntry.State.choices)
