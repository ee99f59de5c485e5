"""A customer's accounting key: their display name in QuickBooks, unique there (domain.md §6)."""

from typing import Final

from django.db.models import Value
from django.db.models.functions import Lower

from invoices.models import Customer
from invoices.services.survivors import require_surviving
from invoices.signals import accounting_key_changed, customers_changed
from sera_batching import audit
from sera_batching.acting import document_action, require_reason
from sera_batching.exceptions import Refused
from sera_batching.origin import Origin
from sera_batching.texts import required_line
from sera_batching.transactions import retried

LONGEST_KEY: Final = 255
FIRST_GUESSES: Final = 4


@retried
def change_accounting_key(
    *, customer: Customer, accounting_key: str, reason: str, origin: Origin
) -> Customer:
    """Give the customer another accounting key; always audited (domain.md §6, §9).

    The key it has already changes nothing. Raises Refused naming the customer who has the key, and
    for a customer that was merged into another.
    """
    with document_action(origin=origin, permission="invoices.change_accounting_key"):
        customer.refresh_from_db(from_queryset=Customer.objects.select_for_update(no_key=True))
        require_surviving(customer)
        if accounting_key == customer.accounting_key:
            return customer
        reason = require_reason(reason, origin=origin)
        set_accounting_key(customer, accounting_key, reason=reason, origin=origin)
        customers_changed.send(sender=Customer, customers=[customer], origin=origin)
    return customer


def set_accounting_key(
    customer: Customer, accounting_key: str, *, reason: str, origin: Origin
) -> None:
    """Write the key of a locked customer, with its audit row and accounting_key_changed."""
    before = customer.accounting_key
    customer.accounting_key = require_free_key(accounting_key, customer=customer)
    customer.save(update_fields=["accounting_key"])
    audit.record(
        origin=origin,
        action="customer.accounting_key_changed",
        target=customer,
        before={"accounting_key": before},
        after={"accounting_key": accounting_key},
        note=reason,
    )
    accounting_key_changed.send(sender=Customer, customer=customer, before=before, origin=origin)


def require_free_key(accounting_key: str, *, customer: Customer | None = None) -> str:
    """Return the key if no other customer has it, case ignored; raise Refused otherwise."""
    required_line(accounting_key, label="accounting key", longest=LONGEST_KEY)
    others = Customer.objects.exclude(pk=customer.pk) if customer else Customer.objects.all()
    other = (
        others.alias(folded=Lower("accounting_key"))
        .filter(folded=Lower(Value(accounting_key)))
        .first()
    )
    if other is not None:
        raise Refused(
            f"The accounting key “{other.accounting_key}” belongs to customer {other}. "
            "Each customer has its own."
        )
    return accounting_key


def free_accounting_key(name: str) -> str:
    """Return "Jane Doe", or with the next free number "Jane Doe 2", "Jane Doe 3" … (feed.md)."""
    base = name.strip()
    first, guesses = 1, FIRST_GUESSES
    while True:
        # Whole keys are looked up, for these the index serves; a prefix search would read all.
        candidates = [_numbered(base, number) for number in range(first, first + guesses)]
        taken = {
            key.lower()
            for key in Customer.objects.alias(folded=Lower("accounting_key"))
            .filter(folded__in=[Lower(Value(candidate)) for candidate in candidates])
            .values_list("accounting_key", flat=True)
        }
        for candidate in candidates:
            if candidate.lower() not in taken:
                return candidate
        first, guesses = first + guesses, guesses * 2


def _numbered(base: str, number: int) -> str:
    suffix = f" {number}" if number > 1 else ""
    return base[: LONGEST_KEY - len(suffix)] + suffix
