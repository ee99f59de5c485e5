"""The forms for taking and reallocating a payment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from backoffice.actions.forms import date_input, reason_field
from invoices.models import Customer, Invoice, Job
from payments.open_invoices import OpenInvoice
from payments.services.payments import PaymentValues
from sera_batching.models import PaymentMethod
from sera_batching.money import cents_display
from sera_batching.money_fields import CentsField
from sera_batching.numbers import LONGEST_NUMBER

ALLOCATION: Final = "invoice_"


class AllocationForm(forms.Form):
    """An amount for each of these invoices; blank means none, and the rest stays a deposit."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        offered: Sequence[OpenInvoice],
        allocated: Mapping[int, int],
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.offered = offered
        for one in offered:
            self.fields[f"{ALLOCATION}{one.invoice.pk}"] = CentsField(
                label=f"For invoice {one.invoice.number}",
                required=False,
                initial=allocated.get(one.invoice.pk),
            )

    def allocation_rows(self) -> Iterator[tuple[OpenInvoice, BoundField]]:
        """Yield each invoice with its field."""
        for one in self.offered:
            yield one, self[f"{ALLOCATION}{one.invoice.pk}"]

    def clean(self) -> dict[str, Any]:
        """Collect the amounts as `allocations`, in the order of the invoices."""
        values: dict[str, Any] = super().clean() or {}
        allocations: list[tuple[Invoice, int]] = []
        for one in self.offered:
            name = f"{ALLOCATION}{one.invoice.pk}"
            cents = values.get(name)
            if cents is not None and cents < 0:
                self.add_error(name, "Enter an amount of 0.00 or more.")
            elif cents:
                allocations.append((one.invoice, cents))
        return {**values, "allocations": tuple(allocations)}


class ReallocateForm(AllocationForm):
    """The new allocations of a payment, and the reason."""

    reason = reason_field()


class TakePaymentForm(AllocationForm):
    """A payment of a customer that was received."""

    number = forms.CharField(
        label="Number", max_length=LONGEST_NUMBER, help_text="Becomes the Ref No in QuickBooks."
    )
    date = forms.DateField(label="Date", widget=date_input())
    method = forms.ChoiceField(label="Method", choices=PaymentMethod.choices)
    amount = CentsField(label="Amount", is_positive=True)
    reference = forms.CharField(
        label="Reference",
        required=False,
        max_length=255,
        help_text="Such as the check number or the last digits of the card.",
    )
    memo = forms.CharField(
        label="Memo", required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    job = forms.ModelChoiceField(Job.objects.none(), label="Job", required=False)
    is_settled = forms.BooleanField(
        label="The payment has settled",
        required=False,
        help_text="Clear this box for a card or ACH payment that is still pending. Until it "
        "settles, it can be voided but not refunded.",
    )

    def __init__(self, *args: Any, customer: Customer, **options: Any) -> None:
        super().__init__(*args, **options)
        jobs = Job.objects.filter(customer__in=Customer.objects.of_one(customer))
        self.fields["job"].queryset = jobs.order_by("number")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse allocations above the payment."""
        values = super().clean()
        allocated = sum(cents for _, cents in values["allocations"])
        paid = values.get("amount")
        if paid is not None and allocated > paid:
            raise ValidationError(
                f"The amounts for the invoices total {cents_display(allocated)}, more than "
                f"the payment, {cents_display(paid)}."
            )
        return values


def payment_values_of(entered: Mapping[str, Any]) -> PaymentValues:
    """Return what was entered as the service takes it."""
    return PaymentValues(
        job=entered["job"],
        date=entered["date"],
        method=entered["method"],
        reference=entered["reference"],
        memo=entered["memo"],
        amount_cents=entered["amount"],
        allocations=entered["allocations"],
    )
