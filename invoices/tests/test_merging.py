"""Merging customers: the survivor replaces both from then on, and old rows do not change."""

import pytest

from invoices.merged import survivor_of
from invoices.models import Customer, Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import change_invoice
from invoices.services.merging import merge_customers
from invoices.services.parties import CustomerValues, save_customer, save_job
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def old(origin: Origin) -> Customer:
    return make_customer("C-1", name="Jane Doe", origin=origin)


@pytest.fixture
def new(origin: Origin) -> Customer:
    return make_customer("C-2", name="Jane M. Doe", origin=origin)


def merge(old: Customer, new: Customer, origin: Origin) -> Customer:
    return merge_customers(vanishing=old, survivor=new, reason="The same person.", origin=origin)


def merged_into(number: str) -> str | None:
    survivor = Customer.objects.get(number=number).merged_into
    return survivor.number if survivor else None


def test_the_survivor_stands_for_both(old: Customer, new: Customer, origin: Origin) -> None:
    invoice = make_invoice("7", customer=old, origin=origin)

    assert merge(old, new, origin) == new

    assert merged_into("C-1") == "C-2"
    assert merged_into("C-2") is None
    # The contents of documents and customers do not change.
    invoice.refresh_from_db()
    assert invoice.customer == old
    assert Customer.objects.get(number="C-1").accounting_key == "Jane Doe"
    assert Customer.objects.get(number="C-2").accounting_key == "Jane M. Doe"
    owner = Invoice.objects.annotate(owner=survivor_of("customer", "number")).get(pk=invoice.pk)
    assert owner.owner == "C-2"
    assert set(Customer.objects.of_one(new)) == {old, new}
    assert list(Customer.objects.surviving()) == [new]


def test_it_is_on_record(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    event = AuditEvent.objects.get(action="customer.merged")
    assert (event.target_label, event.note) == ("Jane Doe (C-1)", "The same person.")
    assert event.before == {"accounting_key": "Jane Doe"}
    assert event.after == {"into": "C-2", "accounting_key": "Jane M. Doe", "with": []}


def test_merging_again_changes_nothing(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    assert merge(old, new, origin) == new

    assert AuditEvent.objects.filter(action="customer.merged").count() == 1


def test_the_other_way_round_is_refused(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    with refused("Customer Jane Doe (C-1) was merged into Jane M. Doe (C-2); choose that one."):
        merge(new, old, origin)

    assert merged_into("C-2") is None


def test_one_that_is_gone_is_not_merged_elsewhere(
    old: Customer, new: Customer, origin: Origin
) -> None:
    merge(old, new, origin)
    third = make_customer("C-3", origin=origin)

    with refused("Customer Jane Doe (C-1) has already been merged into Jane M. Doe (C-2)."):
        merge(old, third, origin)

    assert merged_into("C-1") == "C-2"


def test_a_customer_is_not_merged_with_itself(old: Customer, origin: Origin) -> None:
    with refused("Customer Jane Doe (C-1) cannot be merged with itself."):
        merge(old, old, origin)

    assert merged_into("C-1") is None


def test_a_chain_leads_to_the_last_survivor(old: Customer, new: Customer, origin: Origin) -> None:
    last = make_customer("C-3", origin=origin)
    merge(old, new, origin)

    merge(new, last, origin)

    assert (merged_into("C-1"), merged_into("C-2"), merged_into("C-3")) == ("C-3", "C-3", None)
    event = AuditEvent.objects.filter(action="customer.merged").latest("pk")
    assert event.after["with"] == ["C-1"]


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_admins_alone_merge(role: str, old: Customer, new: Customer) -> None:
    origin = make_origin(role)

    message = (
        f"{origin.user} isn't allowed to do this (it requires invoices.merge_customers). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        merge(old, new, origin)

    assert merged_into("C-1") is None


def test_a_reason_is_needed(old: Customer, new: Customer, origin: Origin) -> None:
    with refused("Enter a reason."):
        merge_customers(vanishing=old, survivor=new, reason=" ", origin=origin)

    assert merged_into("C-1") is None


def test_who_is_gone_does_not_change(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    message = "Customer Jane Doe (C-1) was merged into Jane M. Doe (C-2): change that one."
    with refused(message):
        change_accounting_key(customer=old, accounting_key="J", reason="x", origin=origin)
    with refused(message):
        save_customer(number="C-1", values=CustomerValues(name="J"), origin=origin)

    old.refresh_from_db()
    assert (old.accounting_key, old.name) == ("Jane Doe", "Jane Doe")


def test_the_vanished_key_stays_taken(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    assert make_customer("C-9", name="Jane Doe", origin=origin).accounting_key == "Jane Doe 2"


def test_new_documents_are_the_survivors(old: Customer, new: Customer, origin: Origin) -> None:
    merge(old, new, origin)

    assert make_invoice("8", customer=old, origin=origin).customer == new
    assert make_job("J-8", customer=old, origin=origin).customer == new


def test_jobs_and_invoices_of_both_belong_together(
    old: Customer, new: Customer, origin: Origin
) -> None:
    of_old, of_new = make_job("J-1", customer=old), make_job("J-2", customer=new)
    first = make_invoice("7", customer=old, job=of_old, origin=origin)
    merge(old, new, origin)

    change_invoice(invoice=first, values=make_invoice_values(job=of_new), reason="x", origin=origin)
    make_invoice("8", customer=new, job=of_old, origin=origin)
    save_job(number="J-1", customer=new, department=None, is_imported=False, origin=origin)

    jobs = Invoice.objects.order_by("number").values_list("current_revision__job", flat=True)
    assert list(jobs) == [of_new.pk, of_old.pk]
    of_old.refresh_from_db()
    assert of_old.customer == old
