"""The catalogue: items and classes that documents use, added as documents name them and marked by
people."""

from collections.abc import Collection, Iterable
from typing import TypeVar

from django.db.models.functions import Lower

from invoices.models import AccountingClass, CatalogueEntry, Item
from sera_batching.database.transactions import retry_when_given_up
from sera_batching.document_action import document_action, record_by_person
from sera_batching.exceptions import Refused
from sera_batching.models import Company
from sera_batching.numbers import folded
from sera_batching.origin import Origin

Entry = TypeVar("Entry", Item, AccountingClass)


def record_names(*, items: Iterable[str], classes: Iterable[str]) -> None:
    """Add names that the catalogue does not have, ignoring case; two statements if none is new.

    New names are active, or unverified if the company verifies new names.
    """
    _record(Item, items)
    _record(AccountingClass, classes)


@retry_when_given_up
def mark_entries(
    model: type[Entry], *, ids: Collection[int], state: str, origin: Origin
) -> list[Entry]:
    """Mark items or classes as active, inactive or unverified; return those that changed.

    Raises NotAllowed, and Refused for an unknown state. Each change has its audit row.
    """
    if state not in CatalogueEntry.State.values:
        raise Refused("Choose active, unverified or inactive.")
    with document_action(origin=origin, permission="invoices.change_catalogue"):
        entries = list(
            model.objects.select_for_update(no_key=True)
            .filter(pk__in=ids)
            .exclude(state=state)
            .order_by("pk")
        )
        for entry in entries:
            record_by_person(
                origin=origin,
                action=f"{model._meta.verbose_name}.marked",
                target=entry,
                before={"state": entry.state},
                after={"state": state},
            )
        model.objects.filter(pk__in=[entry.pk for entry in entries]).update(state=state)
        for entry in entries:
            entry.state = state
    return entries


def _record(model: type[Entry], names: Iterable[str]) -> None:
    wanted = sorted({name for name in names if name})
    known = model.objects.alias(folded=Lower("name")).filter(folded__in=folded(wanted))
    have = {name.lower() for name in known.values_list("name", flat=True)} if wanted else set()
    new = [name for name in wanted if name.lower() not in have]
    if not new:
        return
    verifies = Company.current().verifies_new_names
    state = CatalogueEntry.State.UNVERIFIED if verifies else CatalogueEntry.State.ACTIVE
    # In order, and ignoring conflicts: another transaction may be adding the same names.
    model.objects.bulk_create(
        [model(name=name, state=state) for name in new], ignore_conflicts=True
    )
