"""A customer's accounting key: their display name in QuickBooks, unique there (domain.md §6)."""

from collections.abc import Iterable
from typing import Final

from django.db.models import Value
from django.db.models.functions import Lower

from invoices.models import Customer
from invoices.services.survivors import require_surviving
from invoices.signals import accounting_key_changed, customers_changed
from sera_batching import audit
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, require_reason
from sera_batching.exceptions import Refused
from sera_batching.numbers import folded
from sera_batching.origin import Origin
from sera_batching.texts import required_line

LONGEST_KEY: Final = 255
FIRST_GUESSES: Final = 4


@retry_when_given_up
def change_accounting_key(
    *, customer: Customer, accounting_key: str, reason: str, origin: Origin
) -> Customer:
    """Give the customer another accounting key; always audited (domain.md §6, §9).

    Setting the key that it already has changes nothing. Raises Refused for a key that another
    customer has, naming that customer, and for a customer that was merged into another.
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
    required_key(accounting_key)
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


def required_key(accounting_key: str) -> str:
    """Return the key; raise Refused for one that is empty, too long or of several lines."""
    return required_line(accounting_key, label="accounting key", longest=LONGEST_KEY)


def free_accounting_key(name: str) -> str:
    """Return "Jane Doe", or with the next free number "Jane Doe 2", "Jane Doe 3" … (feed.md)."""
    return NewKeys([name]).free_key(name)


class NewKeys:
    """Keys for customers that do not exist yet; each key is given out once.

    Looks up the first choices for all names in one query. Ignores case among the new keys beyond
    ASCII, which SQLite does not.
    """

    def __init__(self, names: Iterable[str], keys: Iterable[str] = ()) -> None:
        """Take the names to make keys from, and the valid keys that were asked for."""
        self._taken: set[str] = set()
        self._looked_up: set[str] = set()
        self._look_up(
            [
                *keys,
                *(
                    _numbered(name.strip(), number)
                    for name in set(names)
                    for number in range(1, FIRST_GUESSES + 1)
                ),
            ]
        )

    def require_free(self, accounting_key: str) -> str:
        """Reserve this key; raise Refused if a customer has it, naming the customer if possible."""
        if accounting_key.lower() in self._taken:
            require_free_key(accounting_key)
            raise Refused(f"The accounting key “{accounting_key}” appears twice.")
        return self._give(accounting_key)

    def free_key(self, name: str) -> str:
        """Reserve the name, or the name with the next free number."""
        base, first, guesses = name.strip(), 1, FIRST_GUESSES
        while True:
            # Look up whole keys, which the index serves; a prefix search would read every row.
            candidates = [_numbered(base, number) for number in range(first, first + guesses)]
            self._look_up(candidates)
            for candidate in candidates:
                if candidate.lower() not in self._taken:
                    return self._give(candidate)
            first, guesses = first + guesses, guesses * 2

    def _give(self, accounting_key: str) -> str:
        self._taken.add(accounting_key.lower())
        return accounting_key

    def _look_up(self, keys: Iterable[str]) -> None:
        wanted = sorted(set(keys) - self._looked_up)
        if not wanted:
            return
        found = Customer.objects.alias(folded=Lower("accounting_key")).filter(
            folded__in=folded(wanted)
        )
        self._taken.update(key.lower() for key in found.values_list("accounting_key", flat=True))
        self._looked_up.update(wanted)


def _numbered(base: str, number: int) -> str:
    suffix = f" {number}" if number > 1 else ""
    return base[: LONGEST_KEY - len(suffix)] + suffix
