"""Items and classes: recorded when documents use them, marked by admins."""

import pytest

from invoices.models import AccountingClass, Item
from invoices.services.catalogue import mark_entries
from invoices.tests.factories import (
    make_department,
    make_invoice,
    make_line,
    make_origin,
)
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent, Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def states(model: type[Item] | type[AccountingClass]) -> dict[str, str]:
    return dict(model.objects.values_list("name", "state"))


def test_names_are_taken_down_when_an_invoice_is_frozen(origin: Origin) -> None:
    lines = (make_line(item="Repair"), make_line(item="Visit", class_name=""))
    pending = make_invoice(lines=(make_line(item="Not yet"),), finalized=False, origin=origin)

    make_invoice(lines=lines, origin=origin)

    assert pending.status == "pending"
    assert states(Item) == {"Repair": "active", "Visit": "active"}
    assert states(AccountingClass) == {"HVAC": "active"}


def test_a_name_is_the_same_whatever_its_case(origin: Origin) -> None:
    make_invoice(lines=(make_line(item="Repair"),), origin=origin)

    make_invoice(lines=(make_line(item="REPAIR", class_name="hvac"),), origin=origin)

    assert states(Item) == {"Repair": "active"}
    assert states(AccountingClass) == {"HVAC": "active"}


def test_a_departments_defaults_are_taken_down(origin: Origin) -> None:
    make_department(default_item="Plumbing", default_class="Pipes", origin=origin)

    assert states(Item) == {"Plumbing": "active"}
    assert states(AccountingClass) == {"Pipes": "active"}


def test_new_names_wait_where_the_company_verifies_them(origin: Origin) -> None:
    make_invoice(lines=(make_line(item="Repair"),), origin=origin)
    Company.objects.update_or_create(pk=1, defaults={"verifies_new_names": True})

    make_invoice(lines=(make_line(item="Repair"), make_line(item="Repairs")), origin=origin)

    assert states(Item) == {"Repair": "active", "Repairs": "unverified"}


def test_marking_is_on_record(origin: Origin) -> None:
    make_invoice(lines=(make_line(item="Repair"), make_line(item="Visit")), origin=origin)
    repair, visit = Item.objects.order_by("name")

    assert mark_entries(Item, ids=[repair.pk], state="inactive", origin=origin) == [repair]
    both = mark_entries(Item, ids=[repair.pk, visit.pk], state="inactive", origin=origin)

    assert both == [visit]
    assert states(Item) == {"Repair": "inactive", "Visit": "inactive"}
    events = AuditEvent.objects.filter(action="item.marked").order_by("pk")
    assert [(one.target_label, one.before, one.after) for one in events] == [
        ("Repair", {"state": "active"}, {"state": "inactive"}),
        ("Visit", {"state": "active"}, {"state": "inactive"}),
    ]


def test_an_unknown_state_is_refused(origin: Origin) -> None:
    make_invoice(origin=origin)

    with refused("Choose active, unverified or inactive."):
        mark_entries(Item, ids=[Item.objects.get().pk], state="gone", origin=origin)


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_admins_alone_mark(role: str, origin: Origin) -> None:
    make_invoice(origin=origin)
    other = make_origin(role)

    message = (
        f"{other.user} isn't allowed to do this (it requires invoices.change_catalogue). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        mark_entries(Item, ids=[Item.objects.get().pk], state="inactive", origin=other)
