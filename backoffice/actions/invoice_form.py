"""The form for editing an invoice: everything except its number, and its lines."""

import datetime
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict

from backoffice.actions.forms import date_input, reason_field
from backoffice.actions.invoice_lines import (
    figures_of,
    initial_lines,
    line_forms,
    plain_number,
    typed_lines,
)
from invoices.models import Department, Invoice, Job
from invoices.services.values import InvoiceValues, checked_values, dated
from invoices.taxes import edited_tax
from sera_batching.exceptions import Refused

DRAFT: Final = "draft"
APPROVE: Final = "approve"
HEADER: Final = ("department", "job", "date", "due_date", "terms", "tax_name", "tax_rate")
TEXTS: Final = ("memo", "message")


class InvoiceEditForm(forms.Form):
    """An invoice's content; its cleaned `values` are what the services take.

    An invoice that was approved before gets the day of its approval as its date, so the form does
    not ask for it.
    """

    department = forms.ModelChoiceField(Department.objects.none(), required=False)
    job = forms.ModelChoiceField(Job.objects.none(), required=False)
    date = forms.DateField(label="Invoice date", widget=date_input())
    due_date = forms.DateField(label="Due date", widget=date_input())
    terms = forms.CharField(label="Terms", required=False, max_length=100)
    tax_name = forms.CharField(label="Tax name", required=False, max_length=100)
    tax_rate = forms.DecimalField(
        label="Tax rate in percent",
        required=False,
        min_value=0,
        max_digits=9,
        decimal_places=6,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=(
            "If blank, there is no tax. The rate applies to the total of the taxable lines."
        ),
    )
    memo = forms.CharField(
        label="Memo", required=False, max_length=32_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    message = forms.CharField(
        label="Message to the customer",
        required=False,
        max_length=32_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = reason_field(is_required=False)
    then = forms.ChoiceField(
        choices=[(DRAFT, "Save as draft"), (APPROVE, "Approve")], widget=forms.HiddenInput
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        invoice: Invoice,
        before: InvoiceValues,
        today: datetime.date,
        typed: QueryDict | None = None,
    ) -> None:
        self.invoice, self.before = invoice, before
        self.was_approved = invoice.current_revision_id is not None
        shown = dated(before, today) if self.was_approved else before
        initial = typed.dict() if typed is not None else initial_values(shown)
        super().__init__(data, initial=initial)
        self.today = today
        self.fields["department"].queryset = Department.objects.filter(  # type: ignore[attr-defined]
            Q(is_archived=False) | Q(pk=before.department.pk if before.department else None)
        )
        self.fields["job"].queryset = Job.objects.filter(  # type: ignore[attr-defined]
            customer__in=type(invoice.customer).objects.of_one(invoice.customer),
            is_imported=False,
        ).order_by("number")
        if self.was_approved:
            del self.fields["date"]
        lines = typed_lines(typed) if typed is not None else initial_lines(before.lines)
        self.lines = line_forms(data, lines, figures_of(before.lines))

    def clean(self) -> dict[str, Any]:
        """Read the lines, calculate the tax, and validate the invoice."""
        entered: dict[str, Any] = super().clean() or {}
        is_free = entered.get("then") == DRAFT and self.invoice.status == Invoice.Status.PENDING
        if not is_free and not entered.get("reason", "").strip():
            self.add_error("reason", "Enter a reason.")
        self._collect_errors_of_lines()
        if self.errors:
            return entered
        try:
            values = self._values(entered)
        except Refused as error:
            raise ValidationError(str(error)) from error
        return {**entered, "values": values}

    def _values(self, entered: dict[str, Any]) -> InvoiceValues:
        lines = self.lines.lines()
        header = {name: entered[name] for name in (*HEADER, *TEXTS) if name in entered}
        values = replace(
            self.before,
            **{"date": self.today, **header},
            lines=lines,
            tax_cents=edited_tax(lines, entered["tax_rate"], before=self.before),
        )
        return checked_values(values)

    def _collect_errors_of_lines(self) -> None:
        """Include them in the summary, which takes the focus."""
        if self.lines.is_valid():
            return
        for error in self.lines.non_form_errors():
            self.add_error(None, error)
        for number, form in enumerate(self.lines.forms, 1):
            for name, errors in form.errors.items():
                label = f", {form[name].label}" if name in form.fields else ""
                for error in errors:
                    self.add_error(None, f"Line {number}{label}: {error}")


def initial_values(values: InvoiceValues) -> dict[str, Any]:
    """Return an invoice's content as the form's initial values."""
    shown: dict[str, Any] = {name: getattr(values, name) for name in (*HEADER, *TEXTS)}
    if values.tax_rate is not None:
        shown["tax_rate"] = plain_number(values.tax_rate)
    return shown
