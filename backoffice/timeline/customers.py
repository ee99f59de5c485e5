"""What happened to the customer of a document: a new accounting key, a merge."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from backoffice.timeline.entries import Entry, Topic, link_to
from invoices.differences import Difference
from invoices.models import Customer
from sera_batching.models import AuditEvent, User

_KEY_CHANGED: Final = "customer.accounting_key_changed"
_MERGED: Final = "customer.merged"


def changes_of(customer: Customer, since: datetime) -> list[tuple[AuditEvent, int]]:
    """Return the changes of the customer since then, oldest first, following merges.

    Each change has the key of the customer before it. For a survivor only changes after the merge
    count. Two statements.
    """
    family = Customer.objects.of_one(customer)
    numbers = dict(family.values_list("number", "pk"))
    events = AuditEvent.objects.filter(
        target_type=Customer._meta.label_lower,
        target_id__in=[str(pk) for pk in numbers.values()],
        action__in=(_KEY_CHANGED, _MERGED),
    )
    holder = customer.pk
    found: list[tuple[AuditEvent, int]] = []
    for event in events.order_by("pk"):
        if event.target_id == str(holder):
            if event.action == _MERGED:
                holder = numbers.get(event.after["into"], holder)
            found.append((event, holder))
    return [(event, holder) for event, holder in found if event.at >= since]


def customer_entries(changes: Iterable[tuple[AuditEvent, int]], reader: User) -> list[Entry]:
    """Return an entry for each change of a customer; no statement."""
    return [_entry(event, holder, reader) for event, holder in changes]


def _entry(event: AuditEvent, holder: int, reader: User) -> Entry:
    is_merge = event.action == _MERGED
    number = event.after["into"] if is_merge else event.target_label
    before, after = event.before.get("accounting_key", ""), event.after.get("accounting_key", "")
    return Entry(
        at=event.at,
        topic=Topic.CUSTOMER,
        what=f"Customer merged into {number}" if is_merge else "Accounting key changed",
        who=event.actor_name,
        source=event.source,
        why=event.note,
        differences=[Difference("In QuickBooks", before, after)],
        links=[
            link_to(
                f"Customer {number}", "backoffice:customer", holder, reader, "invoices.view_invoice"
            )
        ],
    )
